import type { Row, Store } from '../../store.ts'
import { integer, text } from './rows.ts'

/** A frozen account lets nothing in and nothing out, and so does a closed one. */
export type AccountState = 'active' | 'frozen' | 'closed'

/** A customer's savings account. `balance` includes what is `held`; both in minor units. `accountId` is its public name. */
export type SavingsAccount = {
  readonly id: bigint
  readonly clientId: bigint
  readonly accountId: string
  readonly currency: string
  readonly balance: bigint
  readonly held: bigint
  readonly state: AccountState
  readonly openedOn: string
}

/** A person who banks here. */
export type Client = {
  readonly id: bigint
  readonly firstName: string
  readonly lastName: string
  readonly msisdn: string
  readonly gender: string
  readonly dateOfBirth: string
  readonly joinedOn: string
}

/** What a party is known by, as FSPIOP names it: MSISDN, ALIAS …; `subId` is '' for none. */
export type Identifier = {
  readonly idType: string
  readonly idValue: string
  readonly subId: string
}

/** An identifier and the account that it leads to. */
export type RegisteredIdentifier = Identifier & {
  readonly id: bigint
  readonly savingsId: bigint
}

/** Who banks here and by what names; money moves elsewhere. */
export interface Accounts {
  byId(id: bigint): SavingsAccount | undefined
  byAccountId(accountId: string): SavingsAccount | undefined
  ofClient(clientId: bigint): readonly SavingsAccount[]
  client(id: bigint): Client | undefined
  /** All of them, in the order in which they joined. */
  clients(): readonly Client[]
  identifier(key: Identifier): RegisteredIdentifier | undefined
  identifiersOf(savingsId: bigint): readonly RegisteredIdentifier[]
  /** 'account' = that account has one of this type already; 'value' = another account has this one. */
  addIdentifier(key: Identifier, savingsId: bigint): bigint | 'account' | 'value'
  removeIdentifier(id: bigint): void
  setState(id: bigint, state: AccountState): void
}

/** The accounts in this store. */
export function createAccounts(store: Store): Accounts {
  const one = (sql: string, value: bigint | string): SavingsAccount | undefined => {
    const [row] = store.all(sql, value)
    return row && accountOf(row)
  }
  const find = (key: Identifier): RegisteredIdentifier | undefined => {
    const sql = 'SELECT * FROM identifier WHERE id_type = ? AND id_value = ? AND sub_id = ?'
    const [row] = store.all(sql, key.idType, key.idValue, key.subId)
    return row && identifierOf(row)
  }
  const identifiersOf = (savingsId: bigint): readonly RegisteredIdentifier[] =>
    store
      .all('SELECT * FROM identifier WHERE savings_id = ? ORDER BY id', savingsId)
      .map(identifierOf)
  return {
    byId: (id) => one('SELECT * FROM savings WHERE id = ?', id),
    byAccountId: (accountId) => one('SELECT * FROM savings WHERE external_id = ?', accountId),
    ofClient: (clientId) =>
      store.all('SELECT * FROM savings WHERE client_id = ? ORDER BY id', clientId).map(accountOf),
    client(id) {
      const [row] = store.all('SELECT * FROM client WHERE id = ?', id)
      return row && clientOf(row)
    },
    clients: () => store.all('SELECT * FROM client ORDER BY id').map(clientOf),
    identifier: find,
    identifiersOf,
    addIdentifier(key, savingsId) {
      if (identifiersOf(savingsId).some(({ idType }) => idType === key.idType)) return 'account'
      if (find(key)) return 'value'
      return store.insert(
        'INSERT INTO identifier (id_type, id_value, sub_id, savings_id) VALUES (?, ?, ?, ?)',
        key.idType,
        key.idValue,
        key.subId,
        savingsId,
      )
    },
    removeIdentifier(id) {
      store.run('DELETE FROM identifier WHERE id = ?', id)
    },
    setState(id, state) {
      store.run('UPDATE savings SET state = ? WHERE id = ?', state, id)
    },
  }
}

function accountOf(row: Row): SavingsAccount {
  return {
    id: integer(row, 'id'),
    clientId: integer(row, 'client_id'),
    accountId: text(row, 'external_id'),
    currency: text(row, 'currency'),
    balance: integer(row, 'balance'),
    held: integer(row, 'held'),
    state: stateOf(text(row, 'state')),
    openedOn: text(row, 'opened_on'),
  }
}

function stateOf(word: string): AccountState {
  return word === 'frozen' || word === 'closed' ? word : 'active'
}

function clientOf(row: Row): Client {
  return {
    id: integer(row, 'id'),
    firstName: text(row, 'first_name'),
    lastName: text(row, 'last_name'),
    msisdn: text(row, 'msisdn'),
    gender: text(row, 'gender'),
    dateOfBirth: text(row, 'date_of_birth'),
    joinedOn: text(row, 'joined_on'),
  }
}

function identifierOf(row: Row): RegisteredIdentifier {
  return {
    id: integer(row, 'id'),
    savingsId: integer(row, 'savings_id'),
    idType: text(row, 'id_type'),
    idValue: text(row, 'id_value'),
    subId: text(row, 'sub_id'),
  }
}
