import { decimalOf, isCurrency } from '../money.ts'
import { groupBy } from '../group-by.ts'
import type { BookLine, BooksFacts, CoreTransfer, HubLeg, TransferState } from './facts.ts'

/** What one party says of a transfer. `amount` is undefined where it says nothing of it. */
type Claim = {
  readonly who: string
  readonly state: TransferState | 'nothing'
  readonly amount?: bigint
  /** A party whose word is missing from a committed transfer is as wrong as one that says no. */
  readonly isNeeded: boolean
  readonly isOwed?: boolean
}

/** Payer's core, switch, payee's core and hub agree on the state and amount of every transfer that any of them knows. */
export function transferLines(facts: BooksFacts): readonly BookLine[] {
  const index = indexOf(facts)
  return index.ids.map((transferId) => transferLine(transferId, facts, index))
}

/** The transfers that are committed and still owed by a core: how many, and one line each. */
export function owedLines({ hub }: BooksFacts): readonly BookLine[] {
  const owed = hub.legs.filter(({ isOwed }) => isOwed)
  // Counted and named, as law 9 wants it; the sums allow for it, so it is nothing wrong.
  const line = { section: 'owed', isRight: true } as const
  const count = String(owed.length)
  return [
    { ...line, subject: 'bookings owed', group: 'count', says: count, expected: count },
    ...owed.map((leg) => ({
      ...line,
      subject: `${leg.fspId} ${leg.transferId}`,
      group: `${leg.fspId} ${leg.currency}`,
      says: moneyText(leg.amount, leg.currency),
      expected: 'booked later',
      note: `${leg.role}'s leg${leg.isInSuspense ? ', in suspense' : ''}`,
    })),
  ]
}

type Index = {
  readonly ids: readonly string[]
  readonly legs: ReadonlyMap<string, readonly HubLeg[]>
  readonly atSwitch: ReadonlyMap<string, readonly BooksFacts['switch']['transfers'][number][]>
  readonly cores: ReadonlyMap<string, readonly (CoreTransfer & { readonly bank: string })[]>
  readonly bankOf: ReadonlyMap<string, string>
}

function indexOf({ hub, switch: atSwitch, banks, openings }: BooksFacts): Index {
  const idOf = ({ transferId }: { readonly transferId: string }): string => transferId
  const cores = banks.flatMap(({ bank, transfers }) =>
    transfers.map((transfer) => ({ ...transfer, bank })),
  )
  const legs = groupBy(hub.legs, idOf)
  const switched = groupBy(atSwitch.transfers, idOf)
  const booked = groupBy(cores, idOf)
  return {
    ids: [...new Set([...legs.keys(), ...switched.keys(), ...booked.keys()])],
    legs,
    atSwitch: switched,
    cores: booked,
    bankOf: new Map(openings.map(({ msisdn, bank }) => [msisdn, bank])),
  }
}

function transferLine(transferId: string, facts: BooksFacts, index: Index): BookLine {
  const claims = claimsOf(transferId, facts, index)
  const state = agreedState(claims)
  const currency = currencyOf(transferId, index)
  const expected = state === undefined ? 'one answer, the same everywhere' : `${state} everywhere`
  return {
    section: 'transfers',
    subject: transferId,
    group: expected,
    says: claims.map((claim) => claimText(claim, currency)).join(', '),
    expected,
    isRight: state !== undefined,
  }
}

/** COMMITTED if all who must say so do, of one amount; ABORTED if nobody says anything else; undefined otherwise. */
function agreedState(claims: readonly Claim[]): 'COMMITTED' | 'ABORTED' | undefined {
  const states = new Set(claims.map(({ state }) => state))
  if (states.has('RECEIVED') || states.has('RESERVED')) return undefined
  if (!states.has('COMMITTED')) return 'ABORTED'
  const silent = claims.filter(
    ({ state, isNeeded, isOwed }) => isNeeded && state !== 'COMMITTED' && isOwed !== true,
  )
  if (states.has('ABORTED') || silent.length > 0) return undefined
  const amounts = new Set(claims.flatMap(({ amount }) => amount ?? []))
  const isToldTwice = new Set(claims.map(({ who }) => who)).size < claims.length
  return amounts.size === 1 && !isToldTwice ? 'COMMITTED' : undefined
}

function claimsOf(transferId: string, facts: BooksFacts, index: Index): readonly Claim[] {
  const route = routeOf(transferId, index)
  const legs = index.legs.get(transferId) ?? []
  const rows = index.atSwitch.get(transferId) ?? []
  const isWithin = route.payerFsp === route.payeeFsp
  const hubClaim = (role: HubLeg['role'], fspId: string): readonly Claim[] => {
    const isServed = facts.hub.fspIds.includes(fspId) && !(role === 'payee' && isWithin)
    // Another FSP that refused what it never should have been sent says nothing of this transfer.
    const isMeant = (leg: HubLeg): boolean => leg.fspId === fspId || leg.state !== 'ABORTED'
    const found = legs.filter((leg) => leg.role === role && isMeant(leg))
    if (!isServed && found.length === 0) return []
    const who = `hub for ${fspId} (${role})`
    return claimsOfEach(who, found, ({ state, amount }) => ({ state, amount }))
  }
  const switchClaims =
    isWithin && rows.length === 0 ? [] : claimsOfEach('switch', rows, (row) => row)
  return [
    ...hubClaim('payer', route.payerFsp),
    ...coreClaims(transferId, { role: 'payer', bank: route.payerFsp }, { facts, index }),
    ...switchClaims,
    ...coreClaims(transferId, { role: 'payee', bank: route.payeeFsp }, { facts, index }),
    ...hubClaim('payee', route.payeeFsp),
  ]
}

/** One claim per row, so that a party that has it twice is heard twice; one of nothing where there is none. */
function claimsOfEach<T>(
  who: string,
  rows: readonly T[],
  claimOf: (row: T) => { readonly state: Claim['state']; readonly amount: bigint },
): readonly Claim[] {
  if (rows.length === 0) return [{ who, state: 'nothing', isNeeded: true }]
  return rows.map((row) => {
    const { state, amount } = claimOf(row)
    return { who, state, amount, isNeeded: true }
  })
}

const coreStates = { held: 'RESERVED', released: 'ABORTED', booked: 'COMMITTED' } as const

function coreClaims(
  transferId: string,
  { role, bank }: { readonly role: HubLeg['role']; readonly bank: string },
  { facts, index }: { readonly facts: BooksFacts; readonly index: Index },
): readonly Claim[] {
  const rows = (index.cores.get(transferId) ?? []).filter((row) => row.role === role)
  const isAsked = facts.banks.some((each) => each.bank === bank)
  if (!isAsked && rows.length === 0) return []
  const legs = index.legs.get(transferId) ?? []
  const isOwed = legs.some((leg) => leg.role === role && leg.isOwed)
  const claims = claimsOfEach(`${bank}'s core (${role})`, rows, ({ outcome, amount }) => ({
    state: coreStates[outcome],
    amount,
  }))
  if (!isOwed) return claims
  return claims.map((claim) =>
    claim.state === 'COMMITTED' ? claim : { ...claim, state: 'nothing', isOwed },
  )
}

type Route = { readonly payerFsp: string; readonly payeeFsp: string }

/** The switch names both FSPs; where it does not know the transfer, the cores that moved money do, and the parties' numbers. */
function routeOf(transferId: string, index: Index): Route {
  const [row] = index.atSwitch.get(transferId) ?? []
  if (row) return row
  const cores = index.cores.get(transferId) ?? []
  const coreOf = (role: HubLeg['role']): string | undefined =>
    cores.find((each) => each.role === role)?.bank
  const [leg] = index.legs.get(transferId) ?? []
  const told = leg ? routeOfLeg(leg, index) : { payerFsp: nobody, payeeFsp: nobody }
  return { payerFsp: coreOf('payer') ?? told.payerFsp, payeeFsp: coreOf('payee') ?? told.payeeFsp }
}

const nobody = 'nobody'

function routeOfLeg(leg: HubLeg, { bankOf }: Index): Route {
  const bankOr = (msisdn: string, role: HubLeg['role']): string =>
    leg.role === role ? leg.fspId : (bankOf.get(msisdn) ?? nobody)
  return {
    payerFsp: bankOr(leg.payerMsisdn, 'payer'),
    payeeFsp: bankOr(leg.payeeMsisdn, 'payee'),
  }
}

function currencyOf(transferId: string, index: Index): string {
  const known = [index.legs, index.atSwitch, index.cores].flatMap(
    (each) => each.get(transferId)?.[0]?.currency ?? [],
  )
  return known[0] ?? ''
}

function claimText({ who, state, amount, isOwed }: Claim, currency: string): string {
  const money = amount === undefined ? '' : ` ${moneyText(amount, currency)}`
  return `${who}: ${isOwed === true ? 'owed' : `${state}${money}`}`
}

/** A hub may know currencies that no bank of the lab holds; nothing of theirs is ever committed. */
function moneyText(units: bigint, currency: string): string {
  return `${isCurrency(currency) ? decimalOf(units, currency) : String(units)} ${currency}`
}
