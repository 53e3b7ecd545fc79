import { z } from 'zod'
import { minorUnitsOf } from '../money.ts'
import type { BankBooks, CoreTransfer } from './facts.ts'

const bankSchema = z.object({
  bank: z.string(),
  currencies: z.record(z.string(), z.record(z.string(), z.string())),
  settled: z.record(z.string(), z.string()),
  customers: z.array(
    z.object({
      msisdn: z.string(),
      accounts: z.array(
        z.object({
          accountId: z.string(),
          currency: z.string(),
          balance: z.string(),
          held: z.string(),
        }),
      ),
    }),
  ),
  transfers: z.array(
    z.object({
      transferCode: z.string(),
      role: z.enum(['PAYER', 'PAYEE']),
      state: z.enum(['HELD', 'RELEASED', 'COMMITTED']),
      reversed: z.boolean().optional(),
      amount: z.string(),
      fee: z.string(),
      currency: z.string(),
      accountId: z.string(),
    }),
  ),
})

type WireBank = z.infer<typeof bankSchema>

/** Reads what a bank answers to `GET /lab/books`; throws when it is not that. */
export function parseBankBooks(body: unknown): BankBooks {
  const { bank, currencies, settled, customers, transfers } = bankSchema.parse(body)
  const msisdnOf = new Map(
    customers.flatMap(({ msisdn, accounts }) =>
      accounts.map(({ accountId }) => [accountId, msisdn] as const),
    ),
  )
  return {
    bank,
    ledgers: Object.entries(currencies).map(([currency, { total: _total, ...accounts }]) => ({
      currency,
      settled: unitsOf(settled[currency] ?? '0', currency),
      accounts: Object.fromEntries(
        Object.entries(accounts).map(([kind, amount]) => [kind, unitsOf(amount, currency)]),
      ),
    })),
    customers: customers.flatMap(({ msisdn, accounts }) =>
      accounts.map(({ currency, balance, held }) => ({
        msisdn,
        currency,
        balance: unitsOf(balance, currency),
        held: unitsOf(held, currency),
      })),
    ),
    transfers: transfers.map((transfer) => coreTransfer(transfer, msisdnOf)),
  }
}

/** A decimal string of a currency that the lab knows, in minor units; throws for anything else. */
export function unitsOf(amount: string, currency: string): bigint {
  const units = minorUnitsOf(amount, currency)
  if (units === undefined) throw new Error(`"${amount}" is no amount of ${currency}`)
  return units
}

const outcomes = { HELD: 'held', RELEASED: 'released', COMMITTED: 'booked' } as const

function coreTransfer(
  transfer: WireBank['transfers'][number],
  msisdnOf: ReadonlyMap<string, string>,
): CoreTransfer {
  const { transferCode, role, state, reversed, currency, accountId } = transfer
  return {
    transferId: transferCode,
    role: role === 'PAYER' ? 'payer' : 'payee',
    // What a teller has undone is as if it had never been booked.
    outcome: reversed === true ? 'released' : outcomes[state],
    msisdn: msisdnOf.get(accountId) ?? accountId,
    currency,
    amount: unitsOf(transfer.amount, currency),
    fee: unitsOf(transfer.fee, currency),
  }
}
