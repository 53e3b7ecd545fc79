import { z } from 'zod'
import { isCurrency, minorUnitsOf } from '../money.ts'
import type { SwitchBooks } from './facts.ts'
import { unitsOf } from './parse-bank.ts'

const switchSchema = z.object({
  currencies: z.array(
    z.object({
      currency: z.string(),
      participants: z.array(
        z.object({ participant: z.string(), position: z.string(), settled: z.string() }),
      ),
    }),
  ),
  transfers: z.array(
    z.object({
      transferId: z.string(),
      payerFsp: z.string(),
      payeeFsp: z.string(),
      amount: z.string(),
      currency: z.string(),
      state: z.enum(['RECEIVED', 'RESERVED', 'COMMITTED', 'ABORTED']),
    }),
  ),
})

/** Reads what the switch answers to `GET /lab/books`; throws when it is not that. */
export function parseSwitchBooks(body: unknown): SwitchBooks {
  const { currencies, transfers } = switchSchema.parse(body)
  return {
    positions: currencies.flatMap(({ currency, participants }) =>
      participants.map(({ participant, position, settled }) => ({
        participant,
        currency,
        position: unitsOf(position, currency),
        settled: unitsOf(settled, currency),
      })),
    ),
    transfers: transfers.map((transfer) => ({ ...transfer, amount: askedUnits(transfer) })),
  }
}

/**
 * The amount of a transfer; zero when it is refused and no bank of the lab could hold it, because of its currency or its
 * decimals. A committed one must be right.
 */
export function askedUnits(asked: {
  readonly amount: string
  readonly currency: string
  readonly state: string
}): bigint {
  const { amount, currency, state } = asked
  if (state === 'COMMITTED') return unitsOf(amount, currency)
  return isCurrency(currency) ? (minorUnitsOf(amount, currency) ?? 0n) : 0n
}
