import {
  OpenAPIRegistry,
  OpenApiGeneratorV31,
  type RouteConfig,
} from '@asteasolutions/zod-to-openapi'
import type { z } from 'zod'
import { Unavailable } from '../connector.ts'
import type { HttpRequest, HttpResponse } from '../http.ts'
import type { Log } from '../log.ts'
import { jsonResponse, type PathParams, type RouterEntry, type RouterFallbacks } from '../router.ts'
import type { Caller, Callers } from './caller.ts'
import { isRejection, problem, problemSchema, reject, type Rejection } from './problem.ts'

/** A request that fits a route's path. */
export type Routed = { readonly request: HttpRequest; readonly params: PathParams }

/** An entry for `createRouter`, with what `/openapi.json` says about it. */
export type ApiRoute = RouterEntry & { readonly method: 'GET' | 'POST'; readonly doc: RouteDoc }

/** The schemas are the ones that the route reads by. */
export type RouteDoc = {
  readonly summary: string
  readonly headers?: z.ZodObject
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  readonly answer: z.ZodType
  /** Statuses other than 200, whose body is a PhErrorDTO. */
  readonly problems: readonly number[]
  /** Of the client's callback, if a header may ask for one. */
  readonly callback?: { readonly header: string; readonly schema: string }
  /** No key is needed, even where there are keys. */
  readonly isOpen?: boolean
}

/** What was asked, by whom, for which FSP. */
export type Asked<T> = {
  readonly fspId: string
  readonly caller: Caller
  readonly asked: T
  readonly routed: Routed
}

/**
 * A route for one FSP's client: lets the caller in, reads what is asked, answers. Who may not, or asked wrongly, is told
 * every fault at once.
 */
export function tenantRoute<T extends object>(
  ports: { readonly callers: Callers; readonly log: Log },
  read: (routed: Routed) => T | Rejection,
  answer: (asked: Asked<T>) => Promise<HttpResponse | Rejection>,
): ApiRoute['run'] {
  return answering(ports.log, async (routed) => {
    const admitted = ports.callers.admit(routed.request, () => read(routed))
    return isRejection(admitted) ? admitted : answer({ ...admitted, routed })
  })
}

/** Turns rejections into problems; what is thrown is logged, and told to nobody, but that the store takes nothing now. */
export function answering(
  log: Log,
  route: (routed: Routed) => Promise<HttpResponse | Rejection>,
): ApiRoute['run'] {
  return async (request, params) => {
    try {
      const answer = await route({ request, params })
      return isRejection(answer) ? problem(answer) : answer
    } catch (err) {
      if (err instanceof Unavailable) {
        log.warn({ err, method: request.method, outcome: 'unavailable' }, 'request not taken in')
        return problem(reject('ServiceDenied', 'nothing was taken in: send the same again later'))
      }
      log.error({ err, method: request.method, outcome: 'failed' }, 'request failed')
      return problem(
        reject('ExtInternalServerError', 'nothing was changed, or ask what became of it'),
      )
    }
  }
}

/** What the hub's router answers where no entry fits. */
export const apiFallbacks: RouterFallbacks = {
  notFound: () => Promise.resolve(problem(reject('UnknownURL', 'nothing is at this path'))),
  methodNotAllowed: (_request, allowed) => {
    const words = allowed.join(', ')
    const { headers, ...answer } = problem(reject('NotImplemented', `only ${words}`))
    return Promise.resolve({ ...answer, headers: { ...headers, allow: words } })
  },
}

/** `GET /openapi.json`: OpenAPI 3.1 of the given routes, made of the very schemas that they read by. */
export function openApiRoute(
  routes: readonly ApiRoute[],
  about: { readonly version: string; readonly hasKeys: boolean },
): RouterEntry {
  const document = jsonResponse(200, openApiDocument(routes, about))
  return { method: 'GET', path: '/openapi.json', run: () => Promise.resolve(document) }
}

function openApiDocument(
  routes: readonly ApiRoute[],
  { version, hasKeys }: { readonly version: string; readonly hasKeys: boolean },
): object {
  const registry = new OpenAPIRegistry()
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' })
  registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
  })
  for (const route of routes) registry.registerPath(pathOf(route))
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: { title: 'Kivuko', version, description: about },
    security: hasKeys ? [{ bearer: [] }, { apiKey: [] }] : [],
  })
}

const about =
  'A mobile-money payment hub. Amounts are decimal strings; times are ISO 8601 in UTC. Of a transfer only its state tells the outcome: RECEIVED and RESERVED are not final.'

function pathOf({ method, path, doc }: ApiRoute): RouteConfig {
  const isPost = method === 'POST'
  return {
    method: isPost ? 'post' : 'get',
    path: path.replace(/:([^/]+)/g, '{$1}'),
    operationId: [method.toLowerCase(), ...(path.match(/\w+/g) ?? [])].join('-'),
    summary: doc.summary,
    ...(doc.isOpen === true ? { security: [] } : {}),
    request: requestOf(doc),
    responses: {
      200: { description: 'Done.', content: { 'application/json': { schema: doc.answer } } },
      ...Object.fromEntries([...doc.problems, ...(isPost ? [413] : []), 500].map(problemOf)),
    },
    ...(doc.callback && { callbacks: callbacksOf(doc.callback) }),
  }
}

function requestOf({
  headers,
  params,
  query,
  body,
}: RouteDoc): NonNullable<RouteConfig['request']> {
  return {
    ...(headers && { headers }),
    ...(params && { params }),
    ...(query && { query }),
    ...(body && { body: { required: true, content: { 'application/json': { schema: body } } } }),
  }
}

function problemOf(status: number): readonly [number, RouteConfig['responses'][string]] {
  const content = { 'application/json': { schema: problemSchema } }
  return [status, { description: problemWords[status] ?? 'Refused.', content }]
}

const problemWords: Readonly<Record<number, string>> = {
  400: 'Malformed; every fault is listed.',
  401: 'The API key is missing or not known.',
  403: 'The API key does not allow this.',
  404: 'Not known here.',
  409: 'In contradiction to what was decided or asked before.',
  413: 'The body is too large.',
  415: 'The body is not application/json.',
  422: 'The amount has more decimals than its currency.',
  500: 'The hub failed; ask what became of the request, or repeat it under the same id.',
  503: 'Not ready.',
}

const callbackHeaders = {
  'X-Kivuko-Signature':
    't=<unix seconds>,v1=<hex>: HMAC-SHA256 of "<t>.<body>" under your secret; refuse what does not fit, or is old.',
  'X-Kivuko-Delivery': 'The same for every try of one callback.',
}

function callbacksOf({ header, schema }: NonNullable<RouteDoc['callback']>) {
  const content = { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } }
  return {
    outcome: {
      [`{$request.header.${header}}`]: {
        post: {
          summary: 'The end of the transfer, signed, at least once, never two different outcomes',
          parameters: Object.entries(callbackHeaders).map(([name, description]) => ({
            name,
            in: 'header' as const,
            required: true,
            description,
            schema: { type: 'string' as const },
          })),
          requestBody: { required: true, content },
          responses: { 200: { description: 'Any 2xx: heard. Anything else is tried again.' } },
        },
      },
    },
  }
}
