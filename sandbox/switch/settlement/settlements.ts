import type { Clock } from '../../clock.ts'
import type { Row, Store } from '../../store.ts'
import { fspiopError, type FspiopError } from '../fspiop/fspiop-error.ts'
import { integerOf, textOf, unitsOf } from '../rows.ts'
import type { Account, Accounts } from '../ledger/accounts.ts'
import { amountOf } from '../ledger/money.ts'
import { isOrderedByHand, listModels, type SettlementModel } from './model.ts'
import type { SettlementWindows } from './windows.ts'
import { unitsOfTransfer, type Transfers } from '../ledger/transfers.ts'

/** The steps of a settlement, and of each account in it; money moves at PS_TRANSFERS_COMMITTED. */
export const settlementSteps = [
  'PENDING_SETTLEMENT',
  'PS_TRANSFERS_RECORDED',
  'PS_TRANSFERS_RESERVED',
  'PS_TRANSFERS_COMMITTED',
  'SETTLED',
] as const

export type SettlementStep = (typeof settlementSteps)[number]
export type SettlementState = SettlementStep | 'SETTLING' | 'ABORTED'

export type SettlementAccount = {
  readonly account: Account
  /** Positive: the participant owes. */
  readonly net: bigint
  readonly state: SettlementStep
}

export type Settlement = {
  readonly settlementId: number
  readonly state: SettlementState
  readonly reason: string
  readonly model: string
  readonly createdAt: number
  readonly changedAt: number
  readonly windowIds: readonly number[]
  readonly accounts: readonly SettlementAccount[]
}

export type SettlementOrder = {
  readonly reason: string
  readonly model: string
  readonly windowIds: readonly number[]
}

/** Settlements over closed windows. The nets of all accounts of one currency sum to zero. */
export interface Settlements {
  create(order: SettlementOrder): Settlement | FspiopError
  find(settlementId: number): Settlement | undefined
  list(): readonly Settlement[]
  /** Takes one account to its next step; the step it is at is no error, any other is 3100. */
  advance(of: {
    readonly settlementId: number
    readonly accountId: number
    readonly to: SettlementStep
    readonly reason: string
  }): FspiopError | undefined
  /** Gives the windows back to be settled again; only before any account was committed. */
  abort(settlementId: number, reason: string): FspiopError | undefined
}

export type SettlementPorts = {
  readonly store: Store
  readonly clock: Clock
  readonly accounts: Accounts
  readonly transfers: Transfers
  readonly windows: SettlementWindows
}

/** The tables of settlements. */
export function createSettlements(ports: SettlementPorts): Settlements {
  const { store } = ports
  const rows = (): readonly Row[] => store.all('SELECT * FROM settlements ORDER BY settlement_id')
  const list = (): readonly Settlement[] => rows().map((row) => settlementOf(ports, row))
  const find: Settlements['find'] = (id) => list().find((each) => each.settlementId === id)
  return {
    list,
    find,
    create: (order) =>
      store.transaction(() => {
        const settlementId = create(ports, order)
        if (typeof settlementId !== 'number') return settlementId
        return find(settlementId) ?? fspiopError('2001', 'the settlement was not stored')
      }),
    advance: (of) =>
      store.transaction(() => {
        const settlement = find(of.settlementId)
        const entry = settlement?.accounts.find((each) => each.account.accountId === of.accountId)
        if (!settlement || !entry) return fspiopError('3100', 'no such account in the settlement')
        if (settlement.state === 'ABORTED') return fspiopError('3100', 'the settlement is ABORTED')
        return advance(ports, { ...of, settlement, entry })
      }),
    abort: (settlementId, reason) =>
      store.transaction(() => {
        const settlement = find(settlementId)
        if (!settlement) return fspiopError('3100', 'no such settlement')
        const isTooLate = settlement.accounts.some(
          ({ state }) => state === 'PS_TRANSFERS_COMMITTED' || state === 'SETTLED',
        )
        if (isTooLate) return fspiopError('3100', 'an account was committed already')
        setState(ports, settlement, { state: 'ABORTED', reason })
        return undefined
      }),
  }
}

function create(ports: SettlementPorts, order: SettlementOrder): number | FspiopError {
  const { store, clock, windows } = ports
  const model = listModels(store).find((each) => each.name === order.model)
  if (!model) return fspiopError('3100', `no settlement model ${order.model}`)
  if (!isOrderedByHand(model)) return fspiopError('3100', `${model.name} settles by itself`)
  for (const windowId of order.windowIds) {
    const state = windows.find(windowId)?.state
    if (state !== 'CLOSED' && state !== 'ABORTED') {
      return fspiopError('3100', `window ${windowId} is not CLOSED`)
    }
  }
  const nets = netsOf(ports, order.windowIds)
  if (nets.size === 0) return fspiopError('3100', 'nothing was committed in these windows')
  const now = clock.now()
  store.run(
    "INSERT INTO settlements (state, reason, model, created_at, changed_at) VALUES ('PENDING_SETTLEMENT', ?, ?, ?, ?)",
    order.reason,
    model.name,
    now,
    now,
  )
  const settlementId = Math.max(
    ...store
      .all('SELECT settlement_id FROM settlements')
      .map((row) => integerOf(row, 'settlement_id')),
  )
  for (const [account, net] of nets) {
    const sql = "INSERT INTO settlement_accounts VALUES (?, ?, ?, 'PENDING_SETTLEMENT', '')"
    store.run(sql, settlementId, account.accountId, amountOf(net, account.currency))
  }
  for (const windowId of order.windowIds) {
    windows.settle(windowId, 'PENDING_SETTLEMENT', settlementId)
  }
  return settlementId
}

/** What each position account of the windows owes on balance; those that come out even are listed with zero. */
function netsOf(ports: SettlementPorts, windowIds: readonly number[]): Map<Account, bigint> {
  const { accounts, transfers } = ports
  const byId = new Map<number, Account>()
  const nets = new Map<number, bigint>()
  for (const transfer of transfers.committedIn(windowIds)) {
    const amount = unitsOfTransfer(transfer)
    for (const [fsp, change] of [
      [transfer.payerFsp, amount],
      [transfer.payeeFsp, -amount],
    ] as const) {
      const account = accounts.find(fsp, transfer.currency, 'POSITION')
      if (!account) throw new Error(`${fsp} has no position in ${transfer.currency}`)
      byId.set(account.accountId, account)
      nets.set(account.accountId, (nets.get(account.accountId) ?? 0n) + change)
    }
  }
  return new Map([...byId].map(([accountId, account]) => [account, nets.get(accountId) ?? 0n]))
}

type Advance = {
  readonly settlement: Settlement
  readonly entry: SettlementAccount
  readonly to: SettlementStep
  readonly reason: string
}

function advance(
  ports: SettlementPorts,
  { settlement, entry, to, reason }: Advance,
): FspiopError | undefined {
  const { store } = ports
  const stepsAhead = settlementSteps.indexOf(to) - settlementSteps.indexOf(entry.state)
  if (stepsAhead === 0) return undefined
  if (stepsAhead !== 1) return fspiopError('3100', `${entry.state} cannot become ${to}`)
  if (to === 'PS_TRANSFERS_COMMITTED') moveNet(ports, settlement, entry)
  const { settlementId } = settlement
  const sql =
    'UPDATE settlement_accounts SET state = ?, reason = ? WHERE settlement_id = ? AND account_id = ?'
  store.run(sql, to, reason, settlementId, entry.account.accountId)
  const steps = settlement.accounts.map((each) => (each === entry ? to : each.state))
  setState(ports, settlement, { state: overall(steps), reason: settlement.reason })
  return undefined
}

/** The net leaves the position and is paid from, or into, the cover; without autoPositionReset it is only recorded. */
function moveNet(ports: SettlementPorts, settlement: Settlement, entry: SettlementAccount): void {
  const model = listModels(ports.store).find((each) => each.name === settlement.model)
  if (!isReset(model)) return
  const { account, net } = entry
  const cover = ports.accounts.find(account.participant, account.currency, 'SETTLEMENT')
  if (!cover) throw new Error(`${account.participant} has no settlement account`)
  const cause = { reference: `settlement ${settlement.settlementId}`, reason: 'settlement' }
  ports.accounts.move(account.accountId, -net, cause)
  ports.accounts.move(cover.accountId, net, cause)
}

function isReset(model: SettlementModel | undefined): boolean {
  return model?.autoPositionReset === true
}

/** The least advanced account says where the settlement is; while some are settled and others not, it is SETTLING. */
function overall(steps: readonly SettlementStep[]): SettlementState {
  const least = Math.min(...steps.map((step) => settlementSteps.indexOf(step)))
  const state = settlementSteps[least] ?? 'PENDING_SETTLEMENT'
  return state === 'PS_TRANSFERS_COMMITTED' && steps.includes('SETTLED') ? 'SETTLING' : state
}

function setState(
  { store, clock, windows }: SettlementPorts,
  { settlementId, windowIds }: Settlement,
  { state, reason }: { readonly state: SettlementState; readonly reason: string },
): void {
  const sql = 'UPDATE settlements SET state = ?, reason = ?, changed_at = ? WHERE settlement_id = ?'
  store.run(sql, state, reason, clock.now(), settlementId)
  if (state !== 'SETTLED' && state !== 'ABORTED') return
  for (const windowId of windowIds) windows.settle(windowId, state, settlementId)
}

const states: readonly SettlementState[] = [...settlementSteps, 'SETTLING', 'ABORTED']

function settlementOf({ store, accounts, windows }: SettlementPorts, row: Row): Settlement {
  const settlementId = integerOf(row, 'settlement_id')
  const state = states.find((each) => each === row['state'])
  if (!state) throw new Error('a settlement is in an unknown state')
  const entries = store.all(
    'SELECT * FROM settlement_accounts WHERE settlement_id = ? ORDER BY account_id',
    settlementId,
  )
  return {
    settlementId,
    state,
    reason: textOf(row, 'reason'),
    model: textOf(row, 'model'),
    createdAt: integerOf(row, 'created_at'),
    changedAt: integerOf(row, 'changed_at'),
    windowIds: windows
      .list()
      .filter((window) => window.settlementId === settlementId)
      .map((window) => window.windowId),
    accounts: entries.map((entry) => entryOf(accounts, entry)),
  }
}

function entryOf(accounts: Accounts, row: Row): SettlementAccount {
  const account = accounts.byId(integerOf(row, 'account_id'))
  const state = settlementSteps.find((each) => each === row['state'])
  if (!account || !state) throw new Error('an account of a settlement is not right')
  return { account, net: unitsOf(row, 'net', account.currency), state }
}
