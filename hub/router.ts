import type { Headers, HttpRequest, HttpResponse, Route } from './http.ts'

/** The decoded `:name` segments of a path, by name. */
export type PathParams = Readonly<Record<string, string>>

/**
 * `path` is made of literal segments and `:name` segments, which are decoded; a last segment `*` takes whatever follows,
 * undecoded, as the param `rest`. Method `*` stands for all.
 */
export type RouterEntry = {
  readonly method: string
  readonly path: string
  readonly run: (request: HttpRequest, params: PathParams) => Promise<HttpResponse>
}

/** What answers when no entry fits. */
export type RouterFallbacks = {
  readonly notFound: Route
  readonly methodNotAllowed: (
    request: HttpRequest,
    allowed: readonly string[],
  ) => Promise<HttpResponse>
}

/** One route made of many: the first entry whose path and method fit answers. A segment that is wrongly encoded fits nothing. */
export function createRouter(entries: readonly RouterEntry[], fallbacks: RouterFallbacks): Route {
  const patterns = entries.map((entry) => ({ ...entry, segments: entry.path.split('/') }))
  return async (request) => {
    const segments = pathOf(request).split('/')
    const allowed: string[] = []
    for (const { method, run, segments: pattern } of patterns) {
      const params = matchPath(pattern, segments)
      if (params === undefined) continue
      if (method === request.method || method === '*') return run(request, params)
      allowed.push(method)
    }
    return allowed.length === 0
      ? fallbacks.notFound(request)
      : fallbacks.methodNotAllowed(request, allowed)
  }
}

/** The request's path without its query. */
export function pathOf(request: HttpRequest): string {
  const mark = request.path.indexOf('?')
  return mark === -1 ? request.path : request.path.slice(0, mark)
}

/** The request's query. */
export function queryOf(request: HttpRequest): URLSearchParams {
  const mark = request.path.indexOf('?')
  return new URLSearchParams(mark === -1 ? '' : request.path.slice(mark + 1))
}

/** A response with a JSON body; its content type is application/json unless the headers say otherwise. */
export function jsonResponse(status: number, body: unknown, headers: Headers = {}): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    bytes: Buffer.from(JSON.stringify(body)),
  }
}

/** A body that is JSON, or why it is not. */
export type JsonBody =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'malformed'; readonly description: string }

const utf8 = new TextDecoder('utf-8', { fatal: true })
const depthMax = 32

/** Reads the body as JSON. *malformed* says in words what is wrong: not UTF-8, not JSON, empty, or nested more than 32 deep. */
export function readJson(request: Pick<HttpRequest, 'bytes'>): JsonBody {
  if (request.bytes.length === 0) return malformed('the body is empty')
  let text: string
  try {
    text = utf8.decode(request.bytes)
  } catch {
    return malformed('the body is not UTF-8')
  }
  if (isTooDeep(text)) return malformed(`the body is nested more than ${depthMax} deep`)
  try {
    return { kind: 'json', value: JSON.parse(text) as unknown }
  } catch {
    return malformed('the body is not JSON')
  }
}

function malformed(description: string): JsonBody {
  return { kind: 'malformed', description }
}

function matchPath(
  pattern: readonly string[],
  segments: readonly string[],
): PathParams | undefined {
  const isOpen = pattern.at(-1) === '*'
  const fits = isOpen ? segments.length >= pattern.length : segments.length === pattern.length
  if (!fits) return undefined
  const params: Record<string, string> = {}
  for (const [index, part] of pattern.entries()) {
    if (part === '*') params['rest'] = segments.slice(index).join('/')
    else if (part.startsWith(':')) {
      const value = decode(segments[index] ?? '')
      if (value === undefined) return undefined
      params[part.slice(1)] = value
    } else if (part !== segments[index]) return undefined
  }
  return params
}

/** Undefined for a segment that is empty or wrongly encoded. */
function decode(segment: string): string | undefined {
  if (!segment.includes('%')) return segment === '' ? undefined : segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

/** Counts brackets outside strings: what reads a value later may recurse, and a body of brackets alone would end it. */
function isTooDeep(text: string): boolean {
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const char = text[index]
    if (char === '"') index = endOfString(text, index)
    else if (char === '{' || char === '[') depth++
    else if (char === '}' || char === ']') depth--
    if (depth > depthMax) return true
  }
  return false
}

function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    if (text[index] === '\\') index++
    else if (text[index] === '"') return index
  }
  return text.length
}
