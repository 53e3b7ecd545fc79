import type { Clock } from '../../clock.ts'
import type { Row, Store } from '../../store.ts'
import { integerOf, textOf, unitsOf } from '../rows.ts'
import { amountOf } from './money.ts'

/** POSITION is positive when the participant owes; SETTLEMENT is negative when funded (the OSS ledger's signs). */
export type AccountType =
  'POSITION' | 'SETTLEMENT' | 'HUB_MULTILATERAL_SETTLEMENT' | 'HUB_RECONCILIATION'

export type Account = {
  readonly accountId: number
  readonly participant: string
  readonly currency: string
  readonly type: AccountType
  readonly isActive: boolean
  readonly balance: bigint
}

export type Limit = { readonly value: bigint; readonly alarmPercentage: number }

/** Why a balance moves: the transfer, settlement or movement of funds, and a word. */
export type Cause = { readonly reference: string; readonly reason: string }

/** Balances per participant and currency. Every change of a balance leaves a row of its own. */
export interface Accounts {
  find(participant: string, currency: string, type: AccountType): Account | undefined
  byId(accountId: number): Account | undefined
  /** All, or one participant's, in the order of their ids. */
  list(participant?: string): readonly Account[]
  /** Opens it with a balance of zero and returns it; one that exists stays as it is. */
  open(of: { participant: string; currency: string; type: AccountType; isActive: boolean }): Account
  setActive(accountId: number, isActive: boolean): void
  /** Adds the change (minor units, may be negative) to the balance, which is read in the same transaction. */
  move(accountId: number, change: bigint, cause: Cause): void
  limit(participant: string, currency: string): Limit | undefined
  setLimit(participant: string, currency: string, limit: Limit): void
}

/** The tables of accounts, their changes and limits. */
export function createAccounts(ports: { readonly store: Store; readonly clock: Clock }): Accounts {
  const { store, clock } = ports
  const byId: Accounts['byId'] = (accountId) => {
    const row = store.all('SELECT * FROM accounts WHERE account_id = ?', accountId)[0]
    return row && accountOf(row)
  }
  const find: Accounts['find'] = (participant, currency, type) => {
    const where = 'participant = ? AND currency = ? AND type = ?'
    const row = store.all(`SELECT * FROM accounts WHERE ${where}`, participant, currency, type)[0]
    return row && accountOf(row)
  }
  return {
    byId,
    find,
    list: (participant) =>
      (participant === undefined
        ? store.all('SELECT * FROM accounts ORDER BY account_id')
        : store.all('SELECT * FROM accounts WHERE participant = ? ORDER BY account_id', participant)
      ).map(accountOf),
    open({ participant, currency, type, isActive }) {
      store.run(
        `INSERT INTO accounts (participant, currency, type, is_active, balance) VALUES (?, ?, ?, ?, '0')
         ON CONFLICT (participant, currency, type) DO NOTHING`,
        participant,
        currency,
        type,
        isActive ? 1 : 0,
      )
      return mustExist(find(participant, currency, type))
    },
    setActive(accountId, isActive) {
      store.run(
        'UPDATE accounts SET is_active = ? WHERE account_id = ?',
        isActive ? 1 : 0,
        accountId,
      )
    },
    move(accountId, change, cause) {
      const { currency, balance } = mustExist(byId(accountId))
      const after = amountOf(balance + change, currency)
      store.run('UPDATE accounts SET balance = ? WHERE account_id = ?', after, accountId)
      store.run(
        `INSERT INTO balance_changes (account_id, reference, reason, change, balance, at)
         VALUES (?, ?, ?, ?, ?, ?)`,
        accountId,
        cause.reference,
        cause.reason,
        amountOf(change, currency),
        after,
        clock.now(),
      )
    },
    ...limitsIn(store),
  }
}

function limitsIn(store: Store): Pick<Accounts, 'limit' | 'setLimit'> {
  return {
    limit(participant, currency) {
      const row = store.all(
        'SELECT * FROM limits WHERE participant = ? AND currency = ?',
        participant,
        currency,
      )[0]
      if (!row) return undefined
      return {
        value: unitsOf(row, 'value', currency),
        alarmPercentage: integerOf(row, 'alarm_percentage'),
      }
    },
    setLimit(participant, currency, { value, alarmPercentage }) {
      store.run(
        `INSERT INTO limits VALUES (?, ?, ?, ?) ON CONFLICT (participant, currency)
         DO UPDATE SET value = excluded.value, alarm_percentage = excluded.alarm_percentage`,
        participant,
        currency,
        amountOf(value, currency),
        alarmPercentage,
      )
    },
  }
}

const accountTypes: readonly AccountType[] = [
  'POSITION',
  'SETTLEMENT',
  'HUB_MULTILATERAL_SETTLEMENT',
  'HUB_RECONCILIATION',
]

/** The type if it is one that exists. */
export function accountTypeOf(text: unknown): AccountType | undefined {
  return accountTypes.find((type) => type === text)
}

function accountOf(row: Row): Account {
  const currency = textOf(row, 'currency')
  return {
    accountId: integerOf(row, 'account_id'),
    participant: textOf(row, 'participant'),
    currency,
    type: mustExist(accountTypeOf(row['type'])),
    isActive: integerOf(row, 'is_active') === 1,
    balance: unitsOf(row, 'balance', currency),
  }
}

function mustExist<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the account does not exist')
  return value
}
