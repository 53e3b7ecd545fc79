import { hubRoles } from '../../hub/config/parts.ts'
import type { HubConfig } from '../../hub/wiring/connectors.ts'
import type { Times } from '../../hub/workflow.ts'
import { bodyBytesMax } from './party.ts'
import { host, type Plan, type PlannedBank } from './plan.ts'

/** Engine, store and event stream of a hub, with where their servers are. */
export type HubParts = Pick<
  HubConfig,
  'engine' | 'zeebe' | 'store' | 'postgres' | 'events' | 'kafka'
>

const ownParts: HubParts = { engine: 'embedded', store: 'sqlite', events: 'in-process' }

/** The hub's configuration in this lab: it speaks for every bank that is behind it, on files of its own unless told otherwise. */
export function hubConfig(plan: Plan, times: Times, parts: HubParts = ownParts): HubConfig {
  return {
    host,
    port: plan.hubPort,
    dataDir: plan.dataDir,
    roles: [...hubRoles],
    ...parts,
    bodyBytesMax,
    lab: true,
    times,
    apiKeys: [],
    callbackOrigins: [],
    tenants: plan.banks.filter(({ behindHub }) => behindHub).map((bank) => tenantOf(plan, bank)),
  }
}

function tenantOf(plan: Plan, { seed, url, key }: PlannedBank): HubConfig['tenants'][number] {
  const { banks, switchId, switchUrl, switchKey } = plan
  const peers = banks.map((bank): [string, string] => [bank.seed.name, bank.key.publicKeyPem])
  return {
    fspId: seed.name,
    currency: seed.currencies[0] ?? '',
    callbackSecret: key.secret,
    fineract: {
      url: `${url}/fineract-provider/api/v1`,
      tenantId: seed.name,
      auth: { kind: 'basic', username: seed.credentials.user, password: seed.credentials.password },
      // The bank's own general ledger accounts.
      suspense: { officeId: '1', suspenseGlAccountId: '3', settlementGlAccountId: '6' },
      timeoutMs: 10_000,
    },
    mojaloop: {
      fspId: seed.name,
      switchId,
      switchUrl,
      signingKeyPem: key.privateKeyPem,
      peerKeyPems: Object.fromEntries([...peers, [switchId, switchKey.publicKeyPem]]),
      ilpSecret: key.secret,
      apiVersion: '1.1',
      timeoutMs: 10_000,
    },
  }
}
