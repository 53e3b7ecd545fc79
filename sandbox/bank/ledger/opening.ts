import { minorUnitsOf } from '../../money.ts'
import type { BankSeed } from '../../seed.ts'
import type { Store } from '../../store.ts'
import type { Accounts } from './accounts.ts'
import type { Ledger } from './ledger.ts'

/** What an opening writes to. */
export type OpeningParts = {
  readonly store: Store
  readonly accounts: Accounts
  readonly ledger: Ledger
}

/**
 * Opens the bank on the seed's customers when its books are empty, and leaves books that have any alone. Each opening
 * balance is cash paid in. An account's public name is bank-number-currency: "heron-1-KES".
 */
export function openBooks(seed: BankSeed, parts: OpeningParts, at: string): void {
  parts.store.transaction(() => {
    if (parts.accounts.clients().length > 0) return
    for (const [index, customer] of seed.customers.entries()) {
      openCustomer(customer, parts, { at, nickname: `${seed.name}-${String(index + 1)}` })
    }
  })
}

function openCustomer(
  customer: BankSeed['customers'][number],
  parts: OpeningParts,
  { at, nickname }: { readonly at: string; readonly nickname: string },
): void {
  const clientId = parts.store.insert(
    'INSERT INTO client (first_name, last_name, msisdn, gender, date_of_birth, joined_on) VALUES (?, ?, ?, ?, ?, ?)',
    customer.firstName,
    customer.lastName,
    customer.msisdn,
    customer.gender,
    customer.dateOfBirth,
    at,
  )
  for (const [index, { currency, balance }] of customer.accounts.entries()) {
    const accountId = `${nickname}-${currency}`
    const savingsId = openAccount(parts, { clientId, accountId, currency, balance, at })
    if (customer.frozen) parts.accounts.setState(savingsId, 'frozen')
    const msisdn = { idType: 'MSISDN', idValue: customer.msisdn, subId: '' }
    if (index === 0) parts.accounts.addIdentifier(msisdn, savingsId)
  }
}

type Opening = {
  readonly clientId: bigint
  readonly accountId: string
  readonly currency: string
  readonly balance: string
  readonly at: string
}

function openAccount({ store, ledger }: OpeningParts, opening: Opening): bigint {
  const { currency, at } = opening
  const savingsId = store.insert(
    'INSERT INTO savings (client_id, external_id, currency, opened_on) VALUES (?, ?, ?, ?)',
    opening.clientId,
    opening.accountId,
    currency,
    at,
  )
  const amount = minorUnitsOf(opening.balance, currency) ?? 0n
  if (amount === 0n) return savingsId
  const legs = [
    { kind: 'cash', amount },
    { kind: 'customers', savingsId, amount: -amount },
  ] as const
  ledger.post({ at, currency, reference: `opening ${opening.accountId}`, legs })
  return savingsId
}
