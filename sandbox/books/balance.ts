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

/** Whether nothing is on its way any more: every leg has ended or is owed, and the switch has decided on everything. */
export function isAtRest({ hub, switch: atSwitch, banks }: BooksFacts): boolean {
  const owed = new Set(hub.legs.filter(({ isOwed }) => isOwed).map(({ transferId }) => transferId))
  return (
    hub.legs.every(({ isFinal, isOwed }) => isFinal || isOwed) &&
    atSwitch.transfers.every(({ state }) => state === 'COMMITTED' || state === 'ABORTED') &&
    banks.every(({ transfers }) =>
      transfers.every(({ outcome, transferId }) => outcome !== 'held' || owed.has(transferId)),
    )
  )
}
