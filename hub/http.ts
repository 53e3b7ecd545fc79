/** Header names are lower case; a repeated header is joined with ", ". */
export type Headers = Readonly<Record<string, string>>

/** A request that has arrived. */
export type HttpRequest = {
  readonly method: string
  /** Path and query, as on the request line: "/channel/transfer/1?x=2". */
  readonly path: string
  readonly headers: Headers
  readonly bytes: Uint8Array
}

/** An answer, to us or from us. */
export type HttpResponse = {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
}

/** Answers one request. It never throws for bad input; what it throws becomes a 500 problem without details. */
export type Route = (request: HttpRequest) => Promise<HttpResponse>

/** A request that is to leave. */
export type OutgoingRequest = {
  readonly method: string
  /** Absolute. */
  readonly url: string
  readonly headers: Headers
  readonly bytes?: Uint8Array
  readonly timeoutMs: number
  /**
   * For URLs that strangers chose: the address that the name resolves to must be of the public internet, or else of this
   * machine; otherwise `NotSent`. Absent = anywhere.
   */
  readonly reach?: Reach
}

/** Which addresses may be called: those on the internet, or this machine as well. */
export type Reach = 'public' | 'public-or-loopback'

/**
 * Sends requests and follows no redirect. Every status is a response, 500 included; it throws only `NotSent` (surely no
 * byte of the request left: refused, DNS, aborted before connect) or `NoResponse` (it may have arrived: reset, timeout).
 */
export interface HttpClient {
  send(request: OutgoingRequest): Promise<HttpResponse>
}

/** Nothing left this machine: the other side cannot have acted. */
export class NotSent extends Error {
  override name = 'NotSent'
}

/** The request may have arrived, and no readable answer came back. */
export class NoResponse extends Error {
  override name = 'NoResponse'
}

/** A server that answers at `url` until it is closed. */
export type Listening = { readonly url: string; readonly port: number; close(): Promise<void> }

/** Network of one program: listening and calling. Real sockets in `http-server.ts`; the simulator has its own. */
export interface Network extends HttpClient {
  /** Port 0 picks a free one. Bodies over `bodyBytesMax` get 413. */
  listen(
    route: Route,
    options: { readonly host: string; readonly port: number; readonly bodyBytesMax: number },
  ): Promise<Listening>
}
