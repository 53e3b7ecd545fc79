import * as http from 'node:http'
import * as https from 'node:https'
import { createSystemClock } from './clock.ts'

/** Header names are lower case; a repeated header is joined with ", ". */
export type Headers = Readonly<Record<string, string>>

/** A request as it arrived. `path` is path and query as on the request line: "/parties/MSISDN/1?x=2". */
export type HttpRequest = {
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly bytes: Uint8Array
}

/** An answer. Status 0 hangs up without answering: the caller sees `NoResponse`. */
export type HttpResponse = {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
}

/** Answers one request. It never throws for bad input; what it throws becomes a 500 problem without details. */
export type Route = (request: HttpRequest) => Promise<HttpResponse>

/** A request about to leave; `url` is absolute, and `timeoutMs` covers everything up to the last byte of the answer. */
export type OutgoingRequest = {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly bytes?: Uint8Array
  readonly timeoutMs: number
}

/**
 * Sends requests and follows no redirect. Every status is a response, 500 included; it throws only `NotSent` (surely no
 * byte of the request left) or `NoResponse` (it may have arrived).
 */
export interface HttpClient {
  send(request: OutgoingRequest): Promise<HttpResponse>
}

/** Nothing left this machine (refused, no such host, timed out before it connected): the other side cannot have acted. */
export class NotSent extends Error {
  override name = 'NotSent'
}

/** The request may have arrived, and no readable answer came back (reset, timeout, answer too large). */
export class NoResponse extends Error {
  override name = 'NoResponse'
}

/** A port that is being listened on. `close` ends idle connections at once, and busy ones after a second. */
export type Listening = {
  readonly url: string
  readonly port: number
  readonly close: () => Promise<void>
}

/** Where to listen; port 0 picks a free one. A body over `bodyBytesMax` gets 413. */
export type ListenOptions = {
  readonly host: string
  readonly port: number
  readonly bodyBytesMax: number
}

/** The network as one program sees it: listening and calling. The simulator has another one than sockets. */
export interface Network extends HttpClient {
  /** Rejects with one plain sentence when the port cannot be had. */
  listen(route: Route, options: ListenOptions): Promise<Listening>
}

const headerBytesMax = 64 * 1024
const answerBytesMax = 16 * 1024 * 1024
const closeWaitMsMax = 1_000
const idleConnectionMsMax = 60_000
const socketsPerPeerMax = 128

/** Real sockets: HTTP/1.1 with keep-alive on both sides. */
export function createSocketNetwork(): Network {
  const options = { keepAlive: true, maxSockets: socketsPerPeerMax }
  const agents = { http: new http.Agent(options), https: new https.Agent(options) }
  return {
    send: (request) => sendThrough(agents, request),
    listen,
  }
}

type Agents = { readonly http: http.Agent; readonly https: https.Agent }

const clock = createSystemClock()

function sendThrough(agents: Agents, outgoing: OutgoingRequest): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const isSecure = outgoing.url.startsWith('https:')
    const options = {
      method: outgoing.method,
      headers: { ...outgoing.headers, 'content-length': String(outgoing.bytes?.length ?? 0) },
    }
    const request = isSecure
      ? https.request(outgoing.url, { ...options, agent: agents.https })
      : http.request(outgoing.url, { ...options, agent: agents.http })
    let connected = false
    const cancelTimeout = clock.after(outgoing.timeoutMs, () => {
      request.destroy(new Error(`no answer within ${String(outgoing.timeoutMs)} ms`))
    })
    const fail = (cause: Error): void => {
      cancelTimeout()
      const sentence = `${outgoing.method} ${outgoing.url}: ${cause.message}`
      reject(connected ? new NoResponse(sentence, { cause }) : new NotSent(sentence, { cause }))
    }
    request.once('socket', (socket) => {
      if (!socket.connecting) connected = true
      else socket.once(isSecure ? 'secureConnect' : 'connect', () => (connected = true))
    })
    request.once('error', fail)
    request.once('response', (answer) => {
      collect(answer, answerBytesMax).then((bytes) => {
        cancelTimeout()
        resolve({ status: answer.statusCode ?? 0, headers: headersOf(answer), bytes })
      }, fail)
    })
    request.end(outgoing.bytes)
  })
}

function listen(route: Route, options: ListenOptions): Promise<Listening> {
  const server = http.createServer(
    { maxHeaderSize: headerBytesMax, keepAliveTimeout: idleConnectionMsMax },
    (incoming, outgoing) => {
      void answer(route, options.bodyBytesMax, { incoming, outgoing })
    },
  )
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new Error(listenProblem(cause, options), { cause }))
    })
    server.listen(options.port, options.host, () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : options.port
      const host = options.host.includes(':') ? `[${options.host}]` : options.host
      resolve({ url: `http://${host}:${String(port)}`, port, close: () => close(server) })
    })
  })
}

function listenProblem(cause: NodeJS.ErrnoException, { host, port }: ListenOptions): string {
  if (cause.code === 'EADDRINUSE') {
    return `port ${String(port)} is in use on ${host}: stop the other program or choose another port`
  }
  return `cannot listen on ${host}:${String(port)}: ${cause.message}`
}

function close(server: http.Server): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(closeWaitMsMax, () => {
      server.closeAllConnections()
    })
    server.close(() => {
      cancel()
      resolve()
    })
    server.closeIdleConnections()
  })
}

type Exchange = { readonly incoming: http.IncomingMessage; readonly outgoing: http.ServerResponse }

async function answer(route: Route, bodyBytesMax: number, exchange: Exchange): Promise<void> {
  const { incoming, outgoing } = exchange
  const response = await routed(route, bodyBytesMax, incoming).catch(problemOf)
  if (response.status === 0) {
    incoming.socket.destroy()
    return
  }
  outgoing.writeHead(response.status, {
    ...response.headers,
    'content-length': response.bytes.length,
    ...(incoming.complete ? {} : { connection: 'close' }),
  })
  outgoing.end(response.bytes)
}

async function routed(
  route: Route,
  bodyBytesMax: number,
  incoming: http.IncomingMessage,
): Promise<HttpResponse> {
  const bytes = await collect(incoming, bodyBytesMax)
  const { method = 'GET', url = '/' } = incoming
  return route({ method, path: url, headers: headersOf(incoming), bytes })
}

/** More bytes arrived than the reader allows. */
class BodyTooLarge extends Error {
  override name = 'BodyTooLarge'
}

function collect(stream: http.IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    stream.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= bytesMax) chunks.push(chunk)
      else reject(new BodyTooLarge(`more than ${String(bytesMax)} bytes`))
    })
    stream.once('end', () => {
      resolve(Buffer.concat(chunks))
    })
    stream.once('error', reject)
    stream.once('close', () => {
      if (!stream.complete) reject(new Error('the connection ended in the middle of a message'))
    })
  })
}

function headersOf(message: http.IncomingMessage): Headers {
  const headers: Record<string, string> = {}
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    if (values) headers[name] = values.join(', ')
  }
  return headers
}

function problemOf(cause: unknown): HttpResponse {
  const tooLarge = cause instanceof BodyTooLarge
  const problem = tooLarge
    ? { title: 'the body is too large', status: 413 }
    : { title: 'something went wrong here', status: 500 }
  return {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json' },
    bytes: Buffer.from(JSON.stringify(problem)),
  }
}
