import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import axios, { type AxiosAdapter, type AxiosInstance } from 'axios'
import type { Clock } from './clock.ts'
import {
  NoResponse,
  NotSent,
  type Headers,
  type HttpClient,
  type HttpResponse,
  type OutgoingRequest,
  type Reach,
} from './http.ts'
import { assertWithinReach, createLookup } from './http-reach.ts'

const answerBytesMax = 16_000_000

const keepAlive: http.AgentOptions = {
  keepAlive: true,
  maxSockets: 64,
  maxFreeSockets: 16,
  // Idle ones only. Servers commonly let go after 5 s; a request that meets that moment would have an unknown outcome.
  timeout: 4_000,
}

/** Axios would say these in its own words, under signatures that were made without them. */
const unsaid = { accept: false, 'content-type': false, 'accept-encoding': false }

/**
 * Calls through axios over sockets that stay open between calls, with no proxy, redirect or decompression; bodies are the
 * bytes that crossed the wire. The whole exchange gets `timeoutMs`. Throws `NotSent` and `NoResponse` as `HttpClient` says.
 */
export function createHttpClient({ clock }: { readonly clock: Clock }): HttpClient {
  const anywhere = createAdapter(clock)
  const adapters = {
    public: createAdapter(clock, 'public'),
    'public-or-loopback': createAdapter(clock, 'public-or-loopback'),
  } as const satisfies Record<Reach, AxiosAdapter>
  const peers = axios.create({
    transformRequest: [(data: unknown) => data],
    validateStatus: () => true,
  })
  return {
    send: (request) =>
      send(peers, request, request.reach === undefined ? anywhere : adapters[request.reach]),
  }
}

async function send(
  peers: AxiosInstance,
  request: OutgoingRequest,
  adapter: AxiosAdapter,
): Promise<HttpResponse> {
  try {
    const answer = await peers.request<Uint8Array>({
      method: request.method,
      url: request.url,
      headers: { 'user-agent': 'kivuko', ...unsaid, ...request.headers },
      data: request.bytes,
      timeout: request.timeoutMs,
      adapter,
    })
    return { status: answer.status, headers: toHeaders(answer.headers), bytes: answer.data }
  } catch (error) {
    if (error instanceof NoResponse || error instanceof NotSent) throw error
    throw new NotSent('the request could not be made', { cause: error })
  }
}

/**
 * Axios's exchange, written over node:http because the built-in one neither says whether the request had left when it
 * failed, nor limits a whole exchange, and costs half as much again.
 */
function createAdapter(clock: Clock, reach?: Reach): AxiosAdapter {
  const options = reach ? { ...keepAlive, lookup: createLookup(reach) } : keepAlive
  const agents = { plain: new http.Agent(options), secure: new https.Agent(options) }
  return (config) =>
    new Promise((resolve, reject) => {
      const url = new URL(config.url ?? '')
      if (reach) assertWithinReach(url, reach)
      const isSecure = url.protocol === 'https:'
      const request = (isSecure ? https : http).request(url, {
        method: config.method?.toUpperCase() ?? 'GET',
        headers: config.headers.toJSON(),
        agent: isSecure ? agents.secure : agents.plain,
      })
      const hasLeft = watchDeparture(request, isSecure)
      const cancelTimeout = limitTime(request, clock, config.timeout ?? 0)
      const fail = (error: Error): void => {
        cancelTimeout()
        const Failure = hasLeft() ? NoResponse : NotSent
        reject(new Failure(error.message, { cause: error }))
      }
      request.on('error', fail)
      request.on('response', (response) => {
        readAnswer(response, fail, (data) => {
          cancelTimeout()
          const headers = toHeaders(response.headers)
          const status = response.statusCode ?? 0
          resolve({ data, status, statusText: '', headers, config, request })
        })
      })
      request.end(config.data instanceof Uint8Array ? config.data : undefined)
    })
}

/** Tells whether a byte of the request may be on its way: from the moment that its connection stands. */
function watchDeparture(request: http.ClientRequest, isSecure: boolean): () => boolean {
  let hasLeft = false
  const leave = (): void => {
    hasLeft = true
  }
  request.once('socket', (socket) => {
    if (socket.connecting) socket.once(isSecure ? 'secureConnect' : 'connect', leave)
    else leave()
  })
  return () => hasLeft
}

function limitTime(request: http.ClientRequest, clock: Clock, timeoutMs: number): () => void {
  return clock.after(timeoutMs, () => {
    request.destroy(new Error(`no answer within ${timeoutMs} ms`))
  })
}

function readAnswer(
  response: IncomingMessage,
  fail: (error: Error) => void,
  then: (bytes: Uint8Array) => void,
): void {
  const chunks: Buffer[] = []
  let length = 0
  response.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > answerBytesMax) response.destroy(new Error('the answer is too large'))
    else chunks.push(chunk)
  })
  response.on('error', fail)
  response.on('end', () => {
    const [first] = chunks
    then(chunks.length === 1 && first ? first : Buffer.concat(chunks, length))
  })
}

function toHeaders(raw: object): Headers {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(raw)) {
    headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : String(value)
  }
  return headers
}
