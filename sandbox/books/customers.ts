import { decimalOf } from '../money.ts'
import type { BookLine, BooksFacts, HubLeg, Opening } from './facts.ts'
import { amountLine } from './ledgers.ts'

/**
 * Every customer's balance is her opening balance and what the committed transfers imply. The hub says what they are; for
 * a leg that it does not serve (a bank on its own feet) the other leg names the amount, and the bank itself the fee.
 */
export function customerLines(facts: BooksFacts): readonly BookLine[] {
  const changes = impliedChanges(facts)
  return facts.banks.flatMap((bank) => {
    const openings = facts.openings.filter((opening) => opening.bank === bank.bank)
    return openings.map((opening) => customerLine(opening, bank.customers, changes))
  })
}

type Changes = ReadonlyMap<string, bigint>

function customerLine(
  opening: Opening,
  customers: BooksFacts['banks'][number]['customers'],
  changes: Changes,
): BookLine {
  const { bank, msisdn, currency, balance } = opening
  const account = customers.find((each) => placeOf(each) === placeOf(opening))
  const subject = `${bank} ${msisdn} ${currency}`
  const group = `${bank} ${currency}`
  const change = changes.get(placeOf(opening)) ?? 0n
  const expected = balance + change
  const note = `opened with ${decimalOf(balance, currency)}, moved ${decimalOf(change, currency)}`
  if (account) {
    const amounts = { currency, says: account.balance, expected, note }
    return { ...amountLine('customers', subject, amounts), group }
  }
  const words = { says: 'no such account', expected: decimalOf(expected, currency) }
  return { section: 'customers', subject, group, ...words, isRight: false, note }
}

function impliedChanges(facts: BooksFacts): Changes {
  const changes = new Map<string, bigint>()
  const add = (msisdn: string, currency: string, units: bigint): void => {
    const place = placeOf({ msisdn, currency })
    changes.set(place, (changes.get(place) ?? 0n) + units)
  }
  const served = new Set(facts.hub.fspIds)
  const bankOf = new Map(facts.openings.map(({ msisdn, bank }) => [msisdn, bank]))
  // A leg that its core still owes has moved nothing there; the other side has its money all the same.
  for (const leg of facts.hub.legs.filter(({ state }) => state === 'COMMITTED')) {
    const { currency, amount, fee, isOwed, payerMsisdn, payeeMsisdn } = leg
    if (leg.role === 'payer') {
      if (!isOwed) add(payerMsisdn, currency, -(amount + fee))
      // No other leg of the hub tells of a payee at the same bank, or at one that the hub does not serve.
      const payeeBank = bankOf.get(payeeMsisdn) ?? ''
      const isToldOnce = payeeBank === leg.fspId || !served.has(payeeBank)
      if (isToldOnce) add(payeeMsisdn, currency, amount)
    } else {
      if (!isOwed) add(payeeMsisdn, currency, amount)
      const payerBank = bankOf.get(payerMsisdn) ?? ''
      if (served.has(payerBank)) continue
      add(payerMsisdn, currency, -(amount + feeAtCore(facts, payerBank, leg)))
    }
  }
  addUnseen(facts, served, add)
  return changes
}

type Add = (msisdn: string, currency: string, units: bigint) => void

/** Transfers that no leg of the hub tells of, between or within banks on their own feet: the switch or the bank names them. */
function addUnseen({ banks, hub }: BooksFacts, served: ReadonlySet<string>, add: Add): void {
  const seen = new Set(hub.legs.map(({ transferId }) => transferId))
  const own = banks.filter(({ bank }) => !served.has(bank)).flatMap(({ transfers }) => transfers)
  for (const transfer of own) {
    if (seen.has(transfer.transferId) || transfer.outcome !== 'booked') continue
    const { role, msisdn, currency, amount, fee } = transfer
    add(msisdn, currency, role === 'payer' ? -(amount + fee) : amount)
  }
}

function feeAtCore({ banks }: BooksFacts, bank: string, { transferId }: HubLeg): bigint {
  const core = banks.find((each) => each.bank === bank)
  const row = core?.transfers.find(
    (each) => each.transferId === transferId && each.role === 'payer',
  )
  return row?.fee ?? 0n
}

function placeOf({ msisdn, currency }: Pick<Opening, 'msisdn' | 'currency'>): string {
  return `${msisdn} ${currency}`
}
