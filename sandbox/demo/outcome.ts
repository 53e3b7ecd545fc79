import { groupBy } from '../group-by.ts'
import { expectedText, type DemoRow, type Expected } from './parse-rows.ts'

/** What became of a row. */
export type Outcome =
  | { readonly kind: 'refused'; readonly status: number; readonly words: string }
  | {
      readonly kind: 'ended'
      readonly transferId: string
      readonly state: 'COMMITTED' | 'ABORTED'
      readonly errorCode?: string
      readonly reason?: string
    }
  | { readonly kind: 'open'; readonly transferId?: string; readonly words: string }

/** A row and what became of it. */
export type Result = { readonly row: DemoRow; readonly outcome: Outcome }

/** Whether the outcome is the expected one. A transfer that has not ended in time is never. */
export function isExpected(expected: Expected, outcome: Outcome): boolean {
  switch (expected.kind) {
    case 'state':
      return outcome.kind === 'ended' && outcome.state === expected.state
    case 'code':
      return outcome.kind === 'ended' && outcome.errorCode === expected.errorCode
    case 'status':
      return outcome.kind === 'refused' && outcome.status === expected.status
  }
}

/** The outcome in a few words that are the same for the same reason: "COMMITTED", "4000 payer-blocked", "HTTP 404". */
function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'refused':
      return `HTTP ${outcome.status}`
    case 'open':
      return 'no end'
    case 'ended':
      if (outcome.state === 'COMMITTED') return 'COMMITTED'
      return [outcome.errorCode ?? 'ABORTED', outcome.reason ?? ''].join(' ').trimEnd()
  }
}

/** One line of the summary: the rows that expect the same, how many got it, and what they got, most frequent first. */
export type Tally = {
  readonly expected: string
  readonly rows: number
  readonly right: number
  readonly outcomes: readonly { readonly text: string; readonly count: number }[]
}

/** Counts outcomes by what was expected: committed first, then what is expected most often. */
export function tallyResults(results: readonly Result[]): readonly Tally[] {
  const groups = groupBy(results, ({ row }) => expectedText(row.expected))
  const tallies = [...groups].map(([expected, same]) => ({
    expected,
    rows: same.length,
    right: same.filter(({ row, outcome }) => isExpected(row.expected, outcome)).length,
    outcomes: countTexts(same),
  }))
  return tallies.sort((a, b) => b.rows - a.rows || (a.expected < b.expected ? -1 : 1))
}

function countTexts(results: readonly Result[]): Tally['outcomes'] {
  const groups = groupBy(results, ({ outcome }) => outcomeText(outcome))
  const counts = [...groups].map(([text, same]) => ({ text, count: same.length }))
  return counts.sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1))
}

/** The row, what it expected and what it got, on one line. */
export function mismatchLine({ row, outcome }: Result): string {
  const money = `${row.amount} ${row.currency}`
  const got =
    outcome.kind === 'ended' ? outcomeText(outcome) : `${outcomeText(outcome)}: ${outcome.words}`
  const id =
    outcome.kind !== 'refused' && outcome.transferId ? ` (transfer ${outcome.transferId})` : ''
  const way = `${row.payerFsp} ${row.payerMsisdn} -> ${row.payeeMsisdn}, ${money}`
  return `line ${row.line}, ${row.id}: expected ${expectedText(row.expected)}, got ${got}; ${way}${id}`
}
