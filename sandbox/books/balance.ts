import type { BookLine, BooksFacts } from './facts.ts'
import { customerLines } from './customers.ts'
import { heldLines, ledgerLines, suspenseLines } from './ledgers.ts'
import { positionLines, settlementLines } from './settlement.ts'
import { owedLines, transferLines } from './transfers.ts'

/** Works law 8 out of what the parties say of themselves, line by line. */
export function balanceBooks(facts: BooksFacts): readonly BookLine[] {
  return [
    ...ledgerLines(facts),
    ...settlementLines(facts),
    ...positionLines(facts),
    ...customerLines(facts),
    ...transferLines(facts),
    ...heldLines(facts),
    ...owedLines(facts),
    ...suspenseLines(facts),
  ]
}

/**
 * Whether nothing is on its way any more: every leg has ended or is owed, the switch has decided on everything, and the
 * banks on their own feet have booked what it has committed.
 */
export function isAtRest(facts: BooksFacts): boolean {
  const { hub, switch: atSwitch, banks } = facts
  const owed = new Set(hub.legs.filter(({ isOwed }) => isOwed).map(({ transferId }) => transferId))
  return (
    hub.legs.every(({ isFinal, isOwed }) => isFinal || isOwed) &&
    atSwitch.transfers.every(({ state }) => state === 'COMMITTED' || state === 'ABORTED') &&
    banks.every(({ transfers }) =>
      transfers.every(({ outcome, transferId }) => outcome !== 'held' || owed.has(transferId)),
    ) &&
    ownFeetHaveBooked(facts)
  )
}

/** No leg of the hub tells when such a bank has heard of the commitment; its core does. */
function ownFeetHaveBooked({ hub, switch: atSwitch, banks }: BooksFacts): boolean {
  const served = new Set(hub.fspIds)
  const committed = atSwitch.transfers.filter(({ state }) => state === 'COMMITTED')
  return banks
    .filter(({ bank }) => !served.has(bank))
    .every(({ bank, transfers }) => {
      const booked = new Set(transfers.filter(({ outcome }) => outcome === 'booked').map(rowKey))
      const hasBooked = (fsp: string, role: 'payer' | 'payee', transferId: string): boolean =>
        fsp !== bank || booked.has(rowKey({ role, transferId }))
      return committed.every(
        ({ transferId, payerFsp, payeeFsp }) =>
          hasBooked(payerFsp, 'payer', transferId) && hasBooked(payeeFsp, 'payee', transferId),
      )
    })
}

function rowKey({
  role,
  transferId,
}: {
  readonly role: string
  readonly transferId: string
}): string {
  return `${role} ${transferId}`
}
