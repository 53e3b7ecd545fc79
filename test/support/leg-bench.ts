import { defaultTimes } from '../../hub/config.ts'
import type {
  IlpTerms,
  LedgerConnector,
  LedgerMove,
  LedgerOutcome,
  SwitchConnector,
} from '../../hub/connector.ts'
import { partyKey } from '../../hub/domain/party.ts'
import type { Refusal } from '../../hub/domain/refusal.ts'
import type { Role, TransferKey, TransferState } from '../../hub/domain/transfer.ts'
import type { TransferFacts, TransferRecord } from '../../hub/domain/transfer-record.ts'
import { createSqliteStore, type SqliteStore } from '../../hub/store/sqlite-store.ts'
import type { InboxInsert } from '../../hub/store/store.ts'
import type { WorkflowPorts } from '../../hub/workflow.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'
import { silentLog } from './silent-log.ts'
import { aCallback, aKey, aTransfer, kes } from './store-values.ts'

/** The fulfilment of whatever packet a bench's switch is shown. */
export const benchFulfilment = Buffer.alloc(32, 1).toString('base64url')

/** What a core answers to one call: done, a no, or a throw. */
export type CoreAnswer = 'done' | Refusal | Error

/**
 * A core that answers as told, in order ('done' when nothing more was told), and shows on the account what it has done.
 * `calls` are the moves that reached it, with their keys.
 */
export type FakeCore = LedgerConnector & {
  readonly calls: { readonly move: string; readonly key: string }[]
  answer(move: string, ...answers: (CoreAnswer | ((move: LedgerMove) => CoreAnswer))[]): void
  /** What the account shows of the transfer, for either side. */
  readonly shows: Record<Role, LedgerOutcome>
  /** Runs while the call is on its way, once: what a second run of the same job does meanwhile. */
  meanwhile(move: string, then: () => Promise<unknown>): void
}

const shown = {
  reserve: ['payer', 'held'],
  release: ['payer', 'released'],
  commit: ['payer', 'booked'],
  credit: ['payee', 'booked'],
} as const satisfies Record<string, readonly [Role, LedgerOutcome]>

function aCore(): FakeCore {
  const told = new Map<string, (CoreAnswer | ((move: LedgerMove) => CoreAnswer))[]>()
  const waiting = new Map<string, () => Promise<unknown>>()
  const calls: { move: string; key: string }[] = []
  const shows: Record<Role, LedgerOutcome> = { payer: 'nothing', payee: 'nothing' }
  const moved = async (name: string, move: LedgerMove): Promise<'done' | Refusal> => {
    calls.push({ move: name, key: move.idempotencyKey })
    const next = told.get(name)?.shift() ?? 'done'
    const then = waiting.get(name)
    waiting.delete(name)
    await then?.()
    const answer = typeof next === 'function' ? next(move) : next
    if (answer instanceof Error) throw answer
    if (answer === 'done' && name in shown) {
      const [role, outcome] = shown[name as keyof typeof shown]
      shows[role] = outcome
    }
    return answer
  }
  const account = { accountId: 'account-1', currency: 'KES', party: {} }
  return {
    calls,
    shows,
    answer: (move, ...answers) => void told.set(move, answers),
    meanwhile: (move, then) => void waiting.set(move, then),
    findParty: async () => ({}),
    findAccount: async () => account,
    price: async () => ({ fee: kes('1') }),
    reserve: (move) => moved('reserve', move),
    commit: (move) => moved('commit', move),
    release: (move) => moved('release', move),
    credit: (move) => moved('credit', move),
    outcome: async (_move, role) => shows[role],
    suspend: (move) => moved('suspend', move),
    unsuspend: (move) => moved('unsuspend', move),
    registerParty: async () => 'done',
    unregisterParty: async () => 'done',
  }
}

type Untimed<Each> = Each extends unknown
  ? Omit<Each, 'answeredAt'> & { answeredAt?: number }
  : never

/** The steps' ports, with a store in memory, a core that does as told, and a switch that only takes messages. */
export type LegBench = {
  readonly ports: WorkflowPorts
  readonly store: SqliteStore
  readonly clock: FakeClock
  readonly core: FakeCore
  /** The messages that left for the switch: "POST /transfers". */
  readonly sent: string[]
  /** The legs of whose end the client was told. */
  readonly told: TransferState[]
  /** The variables of a job about the leg. */
  readonly variables: { readonly fspId: string; readonly transferId: string }
  leg(role?: Role): Promise<TransferRecord>
  problems(): Promise<readonly string[]>
  /** Stores what a peer has told about the leg. */
  tell(callback: Untimed<InboxInsert['callback']>): Promise<void>
}

type Situation = {
  readonly role?: Role
  readonly facts?: TransferFacts
  readonly packet?: IlpTerms
}

/** A leg in a state, with facts as a transfer of 10.50 KES has them by then; `packet` is what any ILP packet says. */
export async function aLegBench(
  state: TransferState,
  { role = 'payer', facts = {}, packet }: Situation = {},
): Promise<LegBench> {
  const clock = createFakeClock()
  const store = createSqliteStore({ file: ':memory:' }, { clock, log: silentLog })
  const core = aCore()
  const sent: string[] = []
  const told: TransferState[] = []
  const key = aKey({ role })
  await store.step((tx) => tx.transfers.insert(aRecord(key, { state, facts, at: clock.now() })))
  const ports: WorkflowPorts = {
    store,
    clock,
    times: defaultTimes,
    log: silentLog,
    ledgerOf: () => core,
    switchOf: () => ({ ...aSwitch(sent), readIlpPacket: () => packet }),
    tellClient: async (_tx, record) => void told.push(record.state),
  }
  return {
    ports,
    store,
    clock,
    core,
    sent,
    told,
    variables: { fspId: key.fspId, transferId: key.transferId },
    leg: async (of = role) => {
      const leg = await store.step((tx) => tx.transfers.find({ ...key, role: of }))
      if (!leg) throw new Error('no such leg')
      return leg
    },
    problems: async () =>
      (await store.step((tx) => tx.problems.listOpen(key.fspId))).map(({ kind }) => kind),
    tell: async (callback) => {
      const at = clock.now()
      const row = { answeredAt: at, ...callback } as InboxInsert['callback']
      const inserted = aCallback({
        fspId: key.fspId,
        receivedAt: at,
        callback: row,
        about: aboutOf(row),
      })
      await store.step((tx) => tx.inbox.insert(inserted))
    },
  }
}

function aboutOf(callback: InboxInsert['callback']): InboxInsert['about'] {
  if ('partyId' in callback) return { kind: 'party', id: partyKey(callback.partyId) }
  if ('quoteId' in callback) return { kind: 'quote', id: callback.quoteId }
  if ('transferId' in callback) return { kind: 'transfer', id: callback.transferId }
  throw new Error(`${callback.kind} is no answer`)
}

function aRecord(
  key: TransferKey,
  {
    state,
    facts,
    at,
  }: { readonly state: TransferState; readonly facts: TransferFacts; readonly at: number },
): TransferRecord {
  const terms = {
    transferAmount: kes('10.50'),
    expiresAt: at + 60_000,
    ilpPacket: 'packet',
    condition: 'condition',
  }
  return aTransfer({
    key,
    state,
    createdAt: at,
    updatedAt: at,
    facts: {
      account: { accountId: 'account-1' },
      otherFspId: 'weaver',
      fee: kes('1'),
      terms,
      expiresAt: at + 30_000,
      ...facts,
    },
  })
}

/** Takes all messages; composes them so that a test can read what they are. */
function aSwitch(sent: string[]): SwitchConnector {
  const message = (method: string, path: string) => ({ method, path, headers: {}, body: '{}' })
  const of = (method: string, path: string) => () => message(method, path)
  return {
    switchId: 'switch',
    composePartyQuestion: of('GET', '/parties'),
    composePartyAnswer: of('PUT', '/parties'),
    composePartyRefusal: of('PUT', '/parties/error'),
    composeQuoteQuestion: of('POST', '/quotes'),
    sealQuote: (_question, terms) => ({ ...terms, ilpPacket: 'packet', condition: 'condition' }),
    composeQuoteAnswer: of('PUT', '/quotes'),
    composeQuoteRefusal: of('PUT', '/quotes/error'),
    composePrepare: of('POST', '/transfers'),
    composeFulfilment: of('PUT', '/transfers'),
    composeTransferRefusal: of('PUT', '/transfers/error'),
    composeOutcomeQuestion: of('GET', '/transfers'),
    composeParticipant: of('POST', '/participants'),
    fulfilmentOf: () => benchFulfilment,
    readIlpPacket: () => undefined,
    deliver: async ({ method, path }) => {
      sent.push(`${method} ${path}`)
      return 'accepted'
    },
    read: () => ({ kind: 'rejection', status: 400, errorCode: '3100', description: 'not here' }),
  }
}
