import { decimalOf } from '../money.ts'
import { groupBy } from '../group-by.ts'
import type { BookLine, BooksFacts, HubLeg, Position } from './facts.ts'
import { amountLine, noteOfIds } from './ledgers.ts'

/**
 * A bank's settlement account is minus (position + what was settled and the bank has not booked as paid); what its core
 * still owes of committed transfers is not in it yet.
 */
export function settlementLines({ banks, hub, switch: atSwitch }: BooksFacts): readonly BookLine[] {
  return banks.flatMap(({ bank, ledgers }) =>
    ledgers.map(({ currency, accounts, settled: booked }) => {
      const isOwn = (each: Position): boolean =>
        each.participant === bank && each.currency === currency
      const { position, settled } = atSwitch.positions.find(isOwn) ?? { position: 0n, settled: 0n }
      const owed = hub.legs.filter(
        (leg) => leg.fspId === bank && leg.currency === currency && isMissing(leg),
      )
      return amountLine('settlement', `${bank} ${currency}`, {
        currency,
        says: accounts['settlement'] ?? 0n,
        expected: -(position + settled + booked) + owed.reduce(addMissing, 0n),
        note: `position ${decimalOf(position, currency)}, settled ${decimalOf(settled, currency)}, booked as settled ${decimalOf(booked, currency)}`,
        ...noteOfIds(owed.map(({ transferId }) => transferId)),
      })
    }),
  )
}

/** What some banks owe, others are owed: all positions in a currency add up to zero. */
export function positionLines({ switch: atSwitch }: BooksFacts): readonly BookLine[] {
  return [...groupBy(atSwitch.positions, ({ currency }) => currency)].map(([currency, same]) =>
    amountLine('positions', currency, {
      currency,
      says: same.reduce((sum, { position, settled }) => sum + position + settled, 0n),
      expected: 0n,
      note: same
        .map((each) => `${each.participant} ${decimalOf(each.position, currency)}`)
        .join(', '),
    }),
  )
}

/** Suspense is booked against settlement, so there only the customer's side is missing. */
function isMissing({ isOwed, isInSuspense }: HubLeg): boolean {
  return isOwed && !isInSuspense
}

function addMissing(sum: bigint, { role, amount }: HubLeg): bigint {
  return sum + (role === 'payer' ? amount : -amount)
}
