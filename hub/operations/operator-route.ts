import { tenantRoute, type ApiRoute, type Asked, type Routed } from '../channel/api.ts'
import type { Callers } from '../channel/caller.ts'
import { isRejection, type Rejection } from '../channel/problem.ts'
import type { HttpResponse } from '../http.ts'
import type { Log } from '../log.ts'

/** A route for people about one FSP: like `tenantRoute`, and only for keys of operators. */
export function operatorRoute<T extends object>(
  ports: { readonly callers: Callers; readonly log: Log },
  read: (routed: Routed) => T | Rejection,
  answer: (asked: Asked<T>) => Promise<HttpResponse | Rejection>,
): ApiRoute['run'] {
  const readForOperator = (routed: Routed): T | Rejection => {
    const operator = ports.callers.operatorOf(routed.request)
    return isRejection(operator) ? operator : read(routed)
  }
  return tenantRoute(ports, readForOperator, answer)
}
