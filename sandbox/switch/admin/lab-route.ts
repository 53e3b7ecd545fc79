import type { HttpResponse, Route } from '../../http.ts'
import { createRouter, json, problem } from '../../router.ts'
import type { SwitchConfig } from '../config.ts'
import type { SwitchParts } from '../parts.ts'
import { switchBooks } from './books.ts'

/** What only a lab has: the books laid open, and faults to switch on. */
export function labRoute(config: SwitchConfig, parts: SwitchParts): Route {
  const faultLines = ['GET', 'PUT', 'DELETE'].map((method) => ({
    method,
    path: '/lab/faults',
    route: ({ request }: { request: Parameters<Route>[0] }): HttpResponse =>
      parts.faults.route(request),
  }))
  return createRouter(
    [
      {
        method: 'GET',
        path: '/lab/health',
        route: () => json(200, { status: 'OK', name: config.name }),
      },
      { method: 'GET', path: '/lab/books', route: () => json(200, switchBooks(parts)) },
      ...faultLines,
    ],
    {
      notFound: () => problem(404, 'the lab API of the switch has health, books and faults'),
      methodNotAllowed: () => problem(405, 'this method is not for this path'),
    },
  )
}
