import {
  NoResponse,
  NotSent,
  type HttpRequest,
  type HttpResponse,
  type Listening,
  type Network,
  type OutgoingRequest,
  type Route,
} from '../../sandbox/http.ts'

/** One request that was sent, and what came of it: its answer, or the failure. */
export type Exchange = {
  readonly url: string
  readonly request: HttpRequest
  readonly answer: HttpResponse | Error | undefined
}

/** The error classes of one side: the hub and the sandbox each have their own pair. */
export type Failures = {
  readonly NotSent: new (message: string) => Error
  readonly NoResponse: new (message: string) => Error
}

/** A network inside this process: no sockets, no waiting but promises. Everything that was sent stays in `traffic`. */
export type FakeNetwork = Network & {
  /** In the order of sending; `answer` is undefined while none has come. */
  readonly traffic: readonly Exchange[]
  /** The same network, failing with another side's error classes. */
  failingWith(failures: Failures): Network
  /** Requests to this host and port fail as NotSent until `restore`. */
  cut(host: string): void
  restore(host: string): void
}

type Listener = { readonly route: Route; readonly bodyBytesMax: number }
type Timer = { after(delayMs: number, task: () => void): () => void }

/** Routes by host and port. Without a clock, `timeoutMs` is not counted: a route that never answers is waited for. */
export function createFakeNetwork(options: { readonly clock?: Timer } = {}): FakeNetwork {
  const listeners = new Map<string, Listener>()
  const severed = new Set<string>()
  const traffic: { url: string; request: HttpRequest; answer: HttpResponse | Error | undefined }[] =
    []
  let nextPort = 10_000

  const listen: Network['listen'] = async (route, { host, port, bodyBytesMax }) => {
    const boundPort = port === 0 ? nextPort++ : port
    const address = `${host}:${boundPort}`
    if (listeners.has(address)) throw new Error(`${address} is in use`)
    listeners.set(address, { route, bodyBytesMax })
    const listening: Listening = {
      url: `http://${address}`,
      port: boundPort,
      close: async () => {
        listeners.delete(address)
      },
    }
    return listening
  }

  const send = async (outgoing: OutgoingRequest, failures: Failures): Promise<HttpResponse> => {
    const url = new URL(outgoing.url)
    const request = toRequest(outgoing, url)
    const exchange = {
      url: outgoing.url,
      request,
      answer: undefined as HttpResponse | Error | undefined,
    }
    traffic.push(exchange)
    await Promise.resolve()
    const listener = severed.has(url.host) ? undefined : listeners.get(addressOf(url))
    const answer = await settle(() => reach(listener, request, outgoing.timeoutMs), failures)
    exchange.answer = answer
    if (answer instanceof Error) throw answer
    return answer
  }

  const reach = async (
    listener: Listener | undefined,
    request: HttpRequest,
    timeoutMs: number,
  ): Promise<HttpResponse | 'refused' | 'silent'> => {
    if (!listener) return 'refused'
    if (request.bytes.length > listener.bodyBytesMax) return plain(413)
    const answered = listener.route(request).catch(() => plain(500))
    const answer = await withTimeout(answered, timeoutMs, options.clock)
    return answer === undefined || answer.status === 0 ? 'silent' : answer
  }

  const viewOf = (failures: Failures): Network => ({
    listen,
    send: (request) => send(request, failures),
  })
  return {
    ...viewOf({ NotSent, NoResponse }),
    traffic,
    failingWith: viewOf,
    cut: (host) => void severed.add(host),
    restore: (host) => void severed.delete(host),
  }
}

async function settle(
  attempt: () => Promise<HttpResponse | 'refused' | 'silent'>,
  failures: Failures,
): Promise<HttpResponse | Error> {
  const outcome = await attempt()
  if (outcome === 'refused') return new failures.NotSent('connection refused')
  if (outcome === 'silent') return new failures.NoResponse('no answer')
  return outcome
}

/** A URL drops the port that is its scheme's default. */
function addressOf(url: URL): string {
  return `${url.hostname}:${url.port || '80'}`
}

function toRequest(outgoing: OutgoingRequest, url: URL): HttpRequest {
  const bytes = outgoing.bytes ? Uint8Array.from(outgoing.bytes) : new Uint8Array()
  const headers: Record<string, string> = { host: url.host }
  for (const [name, value] of Object.entries(outgoing.headers)) headers[name.toLowerCase()] = value
  if (bytes.length > 0) headers['content-length'] = String(bytes.length)
  return { method: outgoing.method, path: url.pathname + url.search, headers, bytes }
}

function withTimeout(
  answered: Promise<HttpResponse>,
  timeoutMs: number,
  clock: Timer | undefined,
): Promise<HttpResponse | undefined> {
  if (!clock) return answered
  return new Promise((resolve) => {
    const cancel = clock.after(timeoutMs, () => resolve(undefined))
    void answered.then((answer) => {
      cancel()
      resolve(answer)
    })
  })
}

function plain(status: number): HttpResponse {
  return { status, headers: {}, bytes: new Uint8Array() }
}
