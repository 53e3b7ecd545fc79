import type { Clock } from '../../hub/clock.ts'
import type { LedgerMove } from '../../hub/connector.ts'
import { refusal, type Refusal } from '../../hub/domain/refusal.ts'
import type { Role } from '../../hub/domain/transfer.ts'
import { isNo, type CoreClient } from './client.ts'
import type { FineractConfig } from './config.ts'
import { amountLiteral } from './exact-json.ts'
import { refusalOf } from './transfers.ts'
import { journalEntrySchema } from './wire.ts'

/** Books a transfer into suspense, or out of it again. */
export type BookSuspense = (
  direction: 'suspend' | 'unsuspend',
  move: LedgerMove,
  role: Role,
) => Promise<'done' | Refusal>

/**
 * Makes the suspense book of one core: journal entries between two GL accounts. They have no transfer code, so that
 * Fineract's own idempotency on the key is what keeps a repeat from booking twice.
 */
export function createSuspenseBook(
  client: CoreClient,
  accounts: FineractConfig['suspense'],
  clock: Clock,
): BookSuspense {
  return async (direction, move, role) => {
    if (accounts === undefined)
      return refusal('core-refused', 'no suspense account is configured for this core')
    const { suspenseGlAccountId: suspense, settlementGlAccountId: settlement } = accounts
    // The payer's FSP owes the scheme what its customer did not pay; the payee's has what its customer did not get.
    const isSuspenseDebited = (role === 'payer') === (direction === 'suspend')
    const [debit, credit] = isSuspenseDebited ? [suspense, settlement] : [settlement, suspense]
    const amount = amountLiteral(move.amount)
    const answer = await client.move(
      {
        method: 'POST',
        path: '/journalentries',
        name: direction,
        idempotencyKey: move.idempotencyKey,
        body: {
          officeId: { literal: accounts.officeId },
          transactionDate: new Date(clock.now()).toISOString().slice(0, 10),
          currencyCode: move.amount.currency,
          debits: [{ glAccountId: { literal: debit }, amount }],
          credits: [{ glAccountId: { literal: credit }, amount }],
          referenceNumber: move.transferId,
          comments: `${direction} ${role}`,
          locale: 'en',
          dateFormat: 'yyyy-MM-dd',
        },
      },
      journalEntrySchema,
    )
    return isNo(answer) ? refusalOf(answer, role) : 'done'
  }
}
