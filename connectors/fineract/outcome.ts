import { Unavailable, type LedgerOutcome } from '../../hub/connector.ts'
import type { Role } from '../../hub/domain/transfer.ts'
import { isNo, type CoreClient } from './client.ts'
import { movementsSchema, type AccountMovement } from './wire.ts'

/** Tells what became of a transfer id on an account. Throws `Unavailable` when it cannot be read. */
export type ReadOutcome = (
  transfer: { readonly transferId: string; readonly accountId: string },
  role: Role,
) => Promise<LedgerOutcome>

/** Makes the reader of outcomes. It reads the account's own movements: interoperation's read-back always says null. */
export function createOutcomeReader(client: CoreClient): ReadOutcome {
  return async ({ transferId, accountId }, role) => {
    const externalId = encodeURIComponent(accountId)
    const account = await client.ask(
      {
        method: 'GET',
        path: `/savingsaccounts/external-id/${externalId}?associations=transactions`,
        name: 'read-outcome',
      },
      movementsSchema,
    )
    if (isNo(account)) throw new Unavailable(`the core answered ${account.status} ${account.code}`)
    const ours = account.transactions.filter(
      (movement) => movement.paymentDetailData?.receiptNumber === transferId,
    )
    return outcomeOf(ours, role)
  }
}

/** A booking outweighs the hold that it released; what was reversed did not happen. */
function outcomeOf(movements: readonly AccountMovement[], role: Role): LedgerOutcome {
  const standing = movements.filter(({ reversed }) => !reversed)
  const isBooking = role === 'payer' ? isWithdrawal : isDeposit
  if (standing.some(isBooking)) return 'booked'
  if (role === 'payee') return 'nothing'
  const hold = standing.find(({ transactionType }) => transactionType.amountHold)
  if (hold === undefined) return 'nothing'
  return isReleased(hold) ? 'released' : 'held'
}

function isWithdrawal({ transactionType }: AccountMovement): boolean {
  return transactionType.withdrawal
}

function isDeposit({ transactionType }: AccountMovement): boolean {
  return transactionType.deposit
}

/** Some versions write 0 where there is no such movement. */
function isReleased({ releaseTransactionId }: AccountMovement): boolean {
  return !['', '0'].includes(releaseTransactionId ?? '')
}
