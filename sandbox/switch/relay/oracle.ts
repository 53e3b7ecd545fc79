import type { Store } from '../../store.ts'
import { integerOf, optionalTextOf, textOf } from '../rows.ts'

/** A party id as it stands in a path: /parties/{type}/{id}[/{subId}]. */
export type PartyPath = {
  readonly type: string
  readonly id: string
  readonly subId?: string | undefined
}

export type OracleRow = {
  readonly oracleId: number
  readonly type: string
  readonly endpoint: string
  readonly currency: string | undefined
  readonly isDefault: boolean
}

/** Which FSP a party is at. There is one built-in oracle per party id type; a type without one is unknown. */
export interface Oracle {
  types(): readonly OracleRow[]
  knows(type: string): boolean
  addType(
    type: string,
    options?: { endpoint?: string; currency?: string; isDefault?: boolean },
  ): void
  removeType(oracleId: number): boolean
  /** The FSP of exactly this party (sub id included); an entry for the currency goes before one without. */
  ownerOf(party: PartyPath, currency?: string): string | undefined
  /** Enters the party, or enters it again; false when another FSP has it. */
  register(party: PartyPath, of: { readonly fsp: string; readonly currency?: string }): boolean
  /** Takes out the party's entry for the currency, or all its entries. */
  remove(party: PartyPath, currency?: string): void
}

/** The tables of oracles and what they know. */
export function createOracle(ports: { readonly store: Store }): Oracle {
  return { ...typesIn(ports.store), ...entriesIn(ports.store) }
}

function typesIn(store: Store): Pick<Oracle, 'types' | 'knows' | 'addType' | 'removeType'> {
  return {
    types: () =>
      store.all('SELECT * FROM oracles ORDER BY oracle_id').map((row) => ({
        oracleId: integerOf(row, 'oracle_id'),
        type: textOf(row, 'type'),
        endpoint: textOf(row, 'endpoint'),
        currency: optionalTextOf(row, 'currency'),
        isDefault: integerOf(row, 'is_default') === 1,
      })),
    knows: (type) => store.all('SELECT type FROM oracles WHERE type = ?', type).length > 0,
    addType(type, { endpoint = 'built-in', currency, isDefault = true } = {}) {
      store.run(
        `INSERT INTO oracles (type, endpoint, currency, is_default) VALUES (?, ?, ?, ?)
         ON CONFLICT (type) DO NOTHING`,
        type,
        endpoint,
        currency ?? null,
        isDefault ? 1 : 0,
      )
    },
    removeType: (oracleId) => store.run('DELETE FROM oracles WHERE oracle_id = ?', oracleId) === 1,
  }
}

function entriesIn(store: Store): Pick<Oracle, 'ownerOf' | 'register' | 'remove'> {
  const entries = ({
    type,
    id,
    subId = '',
  }: PartyPath): readonly { fsp: string; currency: string }[] =>
    store
      .all(
        'SELECT fsp, currency FROM oracle_entries WHERE type = ? AND id = ? AND sub_id = ? ORDER BY currency',
        type,
        id,
        subId,
      )
      .map((row) => ({ fsp: textOf(row, 'fsp'), currency: textOf(row, 'currency') }))
  return {
    ownerOf(party, currency) {
      const all = entries(party)
      if (currency === undefined) return all[0]?.fsp
      const fitting = all.find((each) => each.currency === currency)
      return (fitting ?? all.find((each) => each.currency === ''))?.fsp
    },
    register(party, { fsp, currency = '' }) {
      if (entries(party).some((entry) => entry.fsp !== fsp)) return false
      store.run(
        'INSERT INTO oracle_entries VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
        party.type,
        party.id,
        party.subId ?? '',
        currency,
        fsp,
      )
      return true
    },
    remove({ type, id, subId = '' }, currency) {
      const where = 'type = ? AND id = ? AND sub_id = ?'
      if (currency === undefined) {
        store.run(`DELETE FROM oracle_entries WHERE ${where}`, type, id, subId)
      } else {
        const sql = `DELETE FROM oracle_entries WHERE ${where} AND currency = ?`
        store.run(sql, type, id, subId, currency)
      }
    },
  }
}
