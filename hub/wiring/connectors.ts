import { fineractConfigSchema } from '../../connectors/fineract/config.ts'
import { createFineractConnector } from '../../connectors/fineract/connector.ts'
import { mojaloopConfigSchema } from '../../connectors/mojaloop/config.ts'
import { createMojaloopConnector } from '../../connectors/mojaloop/connector.ts'
import type { Clock } from '../clock.ts'
import type { HubConfigOf } from '../config.ts'
import type { LedgerConnector, SwitchConnector } from '../connector.ts'
import type { HttpClient } from '../http.ts'
import type { Log } from '../log.ts'

/** What the connectors need to know of each FSP, beside what the hub itself does. */
export const tenantParts = {
  fineract: fineractConfigSchema,
  mojaloop: mojaloopConfigSchema,
} as const

/** The hub's whole configuration. */
export type HubConfig = HubConfigOf<typeof tenantParts>

/** Each FSP's own way to its core and to its switch. */
export type Connectors = {
  readonly ledgers: ReadonlyMap<string, LedgerConnector>
  readonly switches: ReadonlyMap<string, SwitchConnector>
}

/** Every FSP has its own core, credentials, keys and secret. */
export function connect(
  { tenants }: HubConfig,
  ports: { readonly http: HttpClient; readonly clock: Clock; readonly log: Log },
): Connectors {
  return {
    ledgers: new Map(tenants.map((t) => [t.fspId, createFineractConnector(t.fineract, ports)])),
    switches: new Map(tenants.map((t) => [t.fspId, createMojaloopConnector(t.mojaloop, ports)])),
  }
}

/** The connector of an FSP; throws for one that this hub does not serve. */
export function served<T>(connectors: ReadonlyMap<string, T>, fspId: string): T {
  const connector = connectors.get(fspId)
  if (connector === undefined) throw new Error(`this hub does not serve ${fspId}`)
  return connector
}
