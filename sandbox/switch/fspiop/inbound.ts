import type { HttpRequest } from '../../http.ts'
import { contentVersion } from './header-rules.ts'

/** A request whose headers and signature were found right. */
export type Inbound = {
  readonly request: HttpRequest
  readonly source: string
  readonly destination: string | undefined
  /** Of its Content-Type: "1.0" or "1.1". */
  readonly version: string
}

/** Reads what `headerProblem` has found right. */
export function inboundOf(request: HttpRequest): Inbound {
  return {
    request,
    source: request.headers['fspiop-source'] ?? '',
    destination: request.headers['fspiop-destination'],
    version: contentVersion(request.headers),
  }
}
