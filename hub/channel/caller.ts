import { createHash, timingSafeEqual } from 'node:crypto'
import type { HttpRequest } from '../http.ts'
import type { ApiKey, ChannelConfig } from './config.ts'
import { isRejection, reject, type Rejection } from './problem.ts'

/** Who asks, and the FSPs whose transfers she may ask for. */
export type Caller = {
  readonly name: string
  readonly tenants: ReadonlySet<string>
  readonly isOperator: boolean
}

/** The only place where it is decided who may see what. Peers have another: their signatures. */
export interface Callers {
  /**
   * Lets a client in for the FSP that `Platform-TenantId` names, and reads what is asked. Rejects with 401, 403, 404; and
   * where the request is malformed, with all that `read` finds.
   */
  admit<T extends object>(request: HttpRequest, read: () => T | Rejection): Admitted<T> | Rejection
  /**
   * Lets a person in who may see and decide what clients may not; for the FSP that `Platform-TenantId` names, or for all
   * of hers. Rejects with 401, 403 or 404.
   */
  operatorOf(request: HttpRequest): Operator | Rejection
}

/** A caller who may decide what only people may, and the FSPs for which. */
export type Operator = { readonly caller: Caller; readonly fspIds: readonly string[] }

/** Who called, for which FSP, and what the request asks, once it is let in. */
export type Admitted<T> = { readonly caller: Caller; readonly fspId: string; readonly asked: T }

/** Builds the door from the configured keys and FSPs. */
export function createCallers(config: Pick<ChannelConfig, 'apiKeys' | 'tenants'>): Callers {
  const served = new Set(config.tenants.map(({ fspId }) => fspId))
  const anybody: Caller = { name: 'anybody', tenants: served, isOperator: true }
  const known = config.apiKeys.map((key) => ({
    digest: Buffer.from(key.sha256, 'hex'),
    caller: callerOfKey(key),
  }))
  const callerOf = (request: HttpRequest): Caller | Rejection => {
    if (known.length === 0) return anybody
    const key = presentedKey(request)
    if (key === undefined) return reject('ClientAuthorisationError', 'no API key was given')
    const digest = createHash('sha256').update(key).digest()
    // All are compared, so that the time taken tells nothing about which one is near.
    const [match] = known.filter((each) => timingSafeEqual(each.digest, digest))
    return match?.caller ?? reject('ClientAuthorisationError', 'the API key is not known')
  }
  const callerFor = (request: HttpRequest): CallerFor | Rejection => {
    const caller = callerOf(request)
    if (isRejection(caller)) return caller
    const fspId = request.headers[tenantHeader.toLowerCase()]
    if (!fspId) return { caller }
    if (!served.has(fspId)) return notServed
    return caller.tenants.has(fspId) ? { caller, fspId } : notAllowed
  }
  return {
    admit: (request, read) => {
      const admitted = callerFor(request)
      if (isRejection(admitted)) return admitted
      const asked = read()
      if (isRejection(asked)) return asked
      const { caller, fspId } = admitted
      return fspId === undefined ? notNamed : { caller, fspId, asked }
    },
    operatorOf: (request) => {
      const admitted = callerFor(request)
      if (isRejection(admitted)) return admitted
      const { caller, fspId } = admitted
      if (!caller.isOperator) return notOperator
      return { caller, fspIds: fspId === undefined ? [...caller.tenants].sort() : [fspId] }
    },
  }
}

type CallerFor = { readonly caller: Caller; readonly fspId?: string }

/** The header that names the FSP. */
export const tenantHeader = 'Platform-TenantId'

const notNamed = reject('MandatoryValueNotSupplied', 'is required', tenantHeader)
const notServed = reject('PayerFspNotConfigured', 'is no FSP of this hub', tenantHeader)
const notAllowed = reject(
  'RequestingPartyAuthorisationError',
  'the key is not for this FSP',
  tenantHeader,
)
const notOperator = reject('RequestingPartyAuthorisationError', "the key is no operator's")

function callerOfKey({ name, tenants, operator }: ApiKey): Caller {
  return { name, tenants: new Set(tenants), isOperator: operator }
}

function presentedKey({ headers }: HttpRequest): string | undefined {
  const bearer = /^Bearer +(\S+)$/i.exec(headers['authorization'] ?? '')
  return bearer?.[1] ?? headers['x-api-key']
}
