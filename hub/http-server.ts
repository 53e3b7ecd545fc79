import http from 'node:http'
import { isIPv6 } from 'node:net'
import express, { type Express, type Request, type Response } from 'express'
import type { Clock } from './clock.ts'
import type { Headers, HttpResponse, Listening, Network, Route } from './http.ts'
import { createHttpClient } from './http-client.ts'
import type { Log } from './log.ts'

/**
 * The network of real sockets: listens through express, calls through axios. `listen` throws one sentence when the port
 * is taken; `close` of what it returns lets running requests finish.
 */
export function createSocketNetwork(ports: { readonly clock: Clock; readonly log: Log }): Network {
  const client = createHttpClient(ports)
  return {
    send: (request) => client.send(request),
    listen: (route, options) =>
      listen(createListener(route, options.bodyBytesMax, ports.log), options),
  }
}

/**
 * A server for an express app whose requests and responses are born with express's prototypes. Express sets the prototype
 * of each request otherwise, which makes all of them slow in Node before 24 (six times fewer requests per second).
 */
export function createFastServer(app: Express, options: http.ServerOptions = {}): http.Server {
  class FastRequest extends http.IncomingMessage {}
  class FastResponse extends http.ServerResponse {}
  adopt(FastRequest.prototype, express.request, app)
  adopt(FastResponse.prototype, express.response, app)
  Object.assign(app, { request: FastRequest.prototype, response: FastResponse.prototype })
  return http.createServer(
    { ...options, IncomingMessage: FastRequest, ServerResponse: FastResponse },
    app,
  )
}

function adopt(prototype: object, expressPrototype: object, app: Express): void {
  Object.defineProperties(prototype, Object.getOwnPropertyDescriptors(expressPrototype))
  Object.defineProperty(prototype, 'app', { value: app })
}

type Exchange = { readonly request: Request; readonly response: Response }

type Listener = {
  readonly server: http.Server
  /** Resolves when no request is being answered; from then on each answer ends its connection. */
  readonly drain: () => Promise<void>
}

const serverOptions: http.ServerOptions = {
  joinDuplicateHeaders: true,
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Longer than a client of this program keeps an idle connection, so that it is never the server that lets go first.
  keepAliveTimeout: 30_000,
}

function createListener(route: Route, bodyBytesMax: number, log: Log): Listener {
  let running = 0
  let onDrained: (() => void) | undefined
  const respond = async (exchange: Exchange, bytes: Uint8Array): Promise<void> => {
    const { request, response } = exchange
    try {
      write(response, await ask(route, request, bytes), onDrained !== undefined)
    } catch (error) {
      // Not the path: it may hold somebody's phone number.
      log.error({ error, method: request.method }, 'request failed')
      write(response, problem(500, 'something went wrong here; it was written down'), true)
    }
  }
  const app = express()
  app.disable('x-powered-by').disable('etag')
  app.use((request: Request, response: Response) => {
    readBody(request, bodyBytesMax, (bytes) => {
      if (bytes === 'too large') {
        write(response, problem(413, `a body has at most ${bodyBytesMax} bytes`), true)
        return
      }
      running++
      response.once('close', () => {
        running--
        if (running === 0) onDrained?.()
      })
      void respond({ request, response }, bytes)
    })
  })
  return {
    server: createFastServer(app, serverOptions),
    drain: () =>
      new Promise((resolve) => {
        onDrained = resolve
        if (running === 0) resolve()
      }),
  }
}

function listen(
  { server, drain }: Listener,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new Error(listenFailure(error, host, port), { cause: error }))
    })
    server.listen(port, host, () => {
      const address = server.address()
      const bound = typeof address === 'object' && address ? address.port : port
      const url = `http://${isIPv6(host) ? `[${host}]` : host}:${String(bound)}`
      resolve({ url, port: bound, close: () => close(server, drain) })
    })
  })
}

function listenFailure(error: NodeJS.ErrnoException, host: string, port: number): string {
  const place = `port ${String(port)} of ${host}`
  if (error.code === 'EADDRINUSE') return `${place} is in use by another program`
  if (error.code === 'EACCES') return `${place} may not be used by this user`
  return `cannot listen on ${place}: ${error.message}`
}

async function close(server: http.Server, drain: () => Promise<void>): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve()
    })
  })
  await drain()
  server.closeAllConnections()
  await closed
}

/** Calls back once, with the body or 'too large'; never when the client goes away before its end. */
function readBody(
  request: http.IncomingMessage,
  bytesMax: number,
  then: (bytes: Uint8Array | 'too large') => void,
): void {
  const chunks: Buffer[] = []
  let length = 0
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) {
    then('too large')
    return
  }
  request.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length <= bytesMax) {
      chunks.push(chunk)
      return
    }
    request.removeAllListeners('data').removeAllListeners('end').pause()
    then('too large')
  })
  request.on('end', () => {
    const [first] = chunks
    then(chunks.length === 1 && first ? first : Buffer.concat(chunks, length))
  })
}

function ask(route: Route, request: Request, bytes: Uint8Array): Promise<HttpResponse> {
  const { method, url: path } = request
  if (!path.startsWith('/')) return Promise.resolve(problem(400, 'the target must be a path'))
  return route({ method, path, headers: toHeaders(request.headers), bytes })
}

/** Throws, with nothing written, when a header cannot be sent. */
function write(response: Response, answered: HttpResponse, isLast: boolean): void {
  const { status, headers, bytes } = answered
  const isBare = status === 204 || status === 304
  response.writeHead(status, {
    ...headers,
    ...(isBare ? {} : { 'content-length': bytes.length }),
    ...(isLast ? { connection: 'close' } : {}),
  })
  response.end(isBare ? undefined : bytes)
}

/** An error body by RFC 9457. */
function problem(status: number, detail: string): HttpResponse {
  const title = http.STATUS_CODES[status] ?? 'Error'
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    bytes: Buffer.from(JSON.stringify({ type: 'about:blank', title, status, detail })),
  }
}

function toHeaders(raw: http.IncomingHttpHeaders): Headers {
  const headers: Record<string, string> = {}
  for (const name in raw) {
    const value = raw[name]
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return headers
}
