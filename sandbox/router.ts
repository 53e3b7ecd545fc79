import type { Headers, HttpRequest, HttpResponse, Route } from './http.ts'

/** The parts of a path that a pattern names, percent-decoded: "/participants/:name" gives { name }. */
export type PathParams = Readonly<Record<string, string>>

/** Answers a request whose path fits a pattern. The query is that of `request.path`. */
export type RoutedRequest = {
  readonly request: HttpRequest
  readonly params: PathParams
  readonly query: URLSearchParams
}

/** One line of a routing table. A segment ":name" matches one non-empty segment; the method is in capitals. */
export type RouteLine = {
  readonly method: string
  readonly path: string
  readonly route: (routed: RoutedRequest) => HttpResponse | Promise<HttpResponse>
}

/** What to answer when no line fits: 404, or 405 when another method would have. */
export type Misses = {
  readonly notFound: (request: HttpRequest) => HttpResponse
  readonly methodNotAllowed: (request: HttpRequest, allowed: readonly string[]) => HttpResponse
}

type CompiledLine = RouteLine & { readonly segments: readonly string[] }

/**
 * A route made of a table. The first line that fits answers, so fixed paths go before ":name" ones. A path with a broken
 * percent escape fits nothing. HEAD is not answered from GET.
 */
export function createRouter(lines: readonly RouteLine[], misses: Misses): Route {
  const byLength = new Map<number, CompiledLine[]>()
  for (const line of lines) {
    const segments = line.path.split('/')
    const same = byLength.get(segments.length) ?? []
    byLength.set(segments.length, [...same, { ...line, segments }])
  }
  return async (request) => {
    const at = request.path.indexOf('?')
    const path = at < 0 ? request.path : request.path.slice(0, at)
    const segments = path.split('/')
    const allowed: string[] = []
    for (const line of byLength.get(segments.length) ?? []) {
      const params = match(line.segments, segments)
      if (!params) continue
      if (line.method === request.method) {
        const query = new URLSearchParams(at < 0 ? '' : request.path.slice(at + 1))
        return line.route({ request, params, query })
      }
      allowed.push(line.method)
    }
    return allowed.length === 0
      ? misses.notFound(request)
      : misses.methodNotAllowed(request, allowed)
  }
}

function match(pattern: readonly string[], segments: readonly string[]): PathParams | undefined {
  const params: Record<string, string> = {}
  for (const [index, expected] of pattern.entries()) {
    const actual = segments[index] ?? ''
    if (!expected.startsWith(':')) {
      if (expected !== actual) return undefined
      continue
    }
    const decoded = decode(actual)
    if (!decoded) return undefined
    params[expected.slice(1)] = decoded
  }
  return params
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

/** A JSON answer. `headers` are added, and may replace the content type. */
export function json(status: number, body: unknown, headers: Headers = {}): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    bytes: Buffer.from(JSON.stringify(body)),
  }
}

/** Nothing that is meant nests so deep; what does is there to exhaust the stack of whoever walks through it. */
const depthMax = 32

/** The request's body as JSON, or undefined when it is not JSON (empty included), or nested more than 32 deep. */
export function readJson(request: HttpRequest): unknown {
  try {
    const value: unknown = JSON.parse(Buffer.from(request.bytes).toString('utf8'))
    return isDeeperThan(value, depthMax) ? undefined : value
  } catch {
    return undefined
  }
}

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (depth === 0) return true
  return Object.values(value).some((member) => isDeeperThan(member, depth - 1))
}

/** A 404 or other problem in plain words (RFC 9457), for the lab's own APIs. */
export function problem(status: number, title: string): HttpResponse {
  return json(status, { title, status }, { 'content-type': 'application/problem+json' })
}
