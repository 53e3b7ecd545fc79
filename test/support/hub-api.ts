import { apiFallbacks, openApiRoute } from '../../hub/channel/api.ts'
import { createChannel } from '../../hub/channel/channel.ts'
import type { ChannelConfig } from '../../hub/channel/config.ts'
import { createSystemClock } from '../../hub/clock.ts'
import type { Log } from '../../hub/log.ts'
import { createOperations } from '../../hub/operations/operations.ts'
import { createRouter } from '../../hub/router.ts'
import { createSqliteStore, type SqliteStore } from '../../hub/store/sqlite-store.ts'
import type { OutboxRow, Store } from '../../hub/store/store.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'

/** What came back: the body parsed, if it was JSON. */
export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: any
}

/** The hub's API for clients and people over a store in memory, without a workflow engine behind it. */
export type HubApi = {
  readonly store: SqliteStore
  readonly clock: FakeClock
  readonly logged: readonly { readonly level: string; readonly fields: object }[]
  get(path: string, headers?: Record<string, string>): Promise<Answer>
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>
  /** Sends the bytes as they are. */
  send(request: {
    readonly method: string
    readonly path: string
    readonly headers: Record<string, string>
    readonly bytes: Uint8Array
  }): Promise<Answer>
  /** What waits to leave first, per transfer: messages, unless told otherwise. */
  outbox(kind?: OutboxRow['kind']): Promise<readonly OutboxRow[]>
}

/** Two banks, no keys, the lab; unless told otherwise. `wrap` may put something between the API and its store. */
export function aHubApi(
  config: Partial<ChannelConfig> = {},
  wrap: (store: Store) => Store = (store) => store,
): HubApi {
  const logged: { level: string; fields: object }[] = []
  const log = memoryLog(logged)
  const memory = createSqliteStore({ file: ':memory:' }, { clock: createSystemClock(), log })
  const clock = createFakeClock()
  const full: ChannelConfig = {
    apiKeys: [],
    callbackOrigins: ['https://client.example'],
    lab: true,
    tenants: [
      { fspId: 'heron', currency: 'KES' },
      { fspId: 'ibis', currency: 'UGX' },
    ],
    ...config,
  }
  const ports = { store: wrap(memory), clock, log }
  const routes = [...createChannel(full, ports), ...createOperations(full, ports)]
  const about = { version: '0.0.0', hasKeys: full.apiKeys.length > 0 }
  const route = createRouter([...routes, openApiRoute(routes, about)], apiFallbacks)
  const send: HubApi['send'] = async (request) => {
    const answer = await route(request)
    const text = Buffer.from(answer.bytes).toString('utf8')
    return { status: answer.status, headers: answer.headers, body: text && JSON.parse(text) }
  }
  return {
    store: memory,
    clock,
    logged,
    send,
    get: (path, headers = {}) =>
      send({
        method: 'GET',
        path,
        headers: lowerCase({ 'Platform-TenantId': 'heron', ...headers }),
        bytes: new Uint8Array(),
      }),
    post: (path, body, headers = {}) =>
      send({
        method: 'POST',
        path,
        headers: lowerCase({
          'Platform-TenantId': 'heron',
          'Content-Type': 'application/json',
          'X-CorrelationID': 'order-1',
          ...headers,
        }),
        bytes: Buffer.from(JSON.stringify(body)),
      }),
    outbox: (kind = 'message') => memory.queue.due(Number.MAX_SAFE_INTEGER, 10_000, kind),
  }
}

/** What a client of heron sends to pay 100.50 KES to somebody else. */
export function anOrder(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    payer: aParty('254710000001'),
    payee: aParty('254720000002'),
    amount: { amount: '100.50', currency: 'KES' },
    ...fields,
  }
}

/** A party with an MSISDN, as the channel reads it. */
export function aParty(partyIdentifier: string, more: Record<string, unknown> = {}): object {
  return { partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier, ...more } }
}

/** Empty values take a header away. */
function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name.toLowerCase(), value]),
  )
}

function memoryLog(logged: { level: string; fields: object }[]): Log {
  const at = (level: string) => (fields: object) => {
    logged.push({ level, fields })
  }
  return { info: at('info'), warn: at('warn'), error: at('error') }
}
