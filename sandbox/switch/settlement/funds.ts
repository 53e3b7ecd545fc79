import type { Clock } from '../../clock.ts'
import type { Row, Store } from '../../store.ts'
import { fspiopError, type FspiopError } from '../fspiop/fspiop-error.ts'
import { integerOf, textOf, unitsOf } from '../rows.ts'
import type { Account, Accounts } from '../ledger/accounts.ts'
import { amountOf } from '../ledger/money.ts'

export type FundsMovement = {
  readonly movementId: string
  readonly amount: bigint
  readonly reason: string
}

/** Money that a participant pays in or takes out, at its SETTLEMENT account: what covers its position. */
export interface Funds {
  /** Adds to the cover at once. The same id again changes nothing. */
  payIn(account: Account, movement: FundsMovement): FspiopError | undefined
  /** Takes from the cover, until `finish` says what became of it; refused when it covers a position (4001). */
  reserve(account: Account, movement: FundsMovement): FspiopError | undefined
  /** Makes a reserved movement final, or gives it back. */
  finish(movementId: string, how: 'commit' | 'abort'): FspiopError | undefined
}

/** The table of movements. */
export function createFunds(ports: {
  readonly store: Store
  readonly clock: Clock
  readonly accounts: Accounts
}): Funds {
  const { store, clock, accounts } = ports
  const find = (movementId: string): Row | undefined =>
    store.all('SELECT * FROM funds_movements WHERE movement_id = ?', movementId)[0]

  const record = (
    account: Account,
    movement: FundsMovement & { action: string; state: string },
  ): void => {
    store.run(
      'INSERT INTO funds_movements VALUES (?, ?, ?, ?, ?, ?, ?)',
      movement.movementId,
      account.accountId,
      movement.action,
      amountOf(movement.amount, account.currency),
      movement.state,
      movement.reason,
      clock.now(),
    )
    const change = movement.action === 'in' ? -movement.amount : movement.amount
    const cause = { reference: movement.movementId, reason: `funds-${movement.action}` }
    accounts.move(account.accountId, change, cause)
  }
  return {
    payIn: (account, movement) =>
      store.transaction(() => {
        const refusal = problem(account, movement)
        if (refusal || find(movement.movementId)) return refusal
        record(account, { ...movement, action: 'in', state: 'COMMITTED' })
        return undefined
      }),
    reserve: (account, movement) =>
      store.transaction(() => {
        const refusal = problem(account, movement)
        if (refusal || find(movement.movementId)) return refusal
        const position = accounts.find(account.participant, account.currency, 'POSITION')
        const cover = -account.balance - (position?.balance ?? 0n)
        if (cover < movement.amount) return fspiopError('4001')
        record(account, { ...movement, action: 'out', state: 'RESERVED' })
        return undefined
      }),
    finish: (movementId, how) =>
      store.transaction(() => {
        const row = find(movementId)
        if (!row) return fspiopError('3208')
        const state = how === 'commit' ? 'COMMITTED' : 'ABORTED'
        if (textOf(row, 'state') === state) return undefined
        if (textOf(row, 'state') !== 'RESERVED') return fspiopError('3100', 'it is final')
        store.run('UPDATE funds_movements SET state = ? WHERE movement_id = ?', state, movementId)
        if (how === 'abort') giveBack(accounts, row)
        return undefined
      }),
  }
}

function problem(account: Account, movement: FundsMovement): FspiopError | undefined {
  if (account.type !== 'SETTLEMENT') return fspiopError('3100', 'not a SETTLEMENT account')
  return movement.amount > 0n ? undefined : fspiopError('3100', 'the amount must be positive')
}

function giveBack(accounts: Accounts, row: Row): void {
  const account = accounts.byId(integerOf(row, 'account_id'))
  if (!account) throw new Error('the account of a movement is gone')
  const cause = { reference: textOf(row, 'movement_id'), reason: 'funds-out-abort' }
  accounts.move(account.accountId, -unitsOf(row, 'amount', account.currency), cause)
}
