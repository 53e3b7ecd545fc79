import { groupBy } from '../group-by.ts'
import type { Outcome, Result } from './outcome.ts'
import type { DemoRow } from './parse-rows.ts'

/** How a run goes: how many payers pay at once, who sends a row, and who is told of each end. */
export type Run = {
  readonly payersInFlightMax: number
  readonly send: (row: DemoRow) => Promise<Outcome>
  readonly ended?: (result: Result, endedCount: number) => void
}

/** Sends every row: one payer's in file order, each after the end of the one before; different payers' at once. */
export async function runRows(rows: readonly DemoRow[], run: Run): Promise<readonly Result[]> {
  const lines = [...groupBy(rows, ({ payerMsisdn }) => payerMsisdn).values()]
  const results = new Map<DemoRow, Result>()
  const walk = async (): Promise<void> => {
    for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
      for (const row of line) {
        const result = { row, outcome: await run.send(row) }
        results.set(row, result)
        run.ended?.(result, results.size)
      }
    }
  }
  const lanes = Math.min(run.payersInFlightMax, lines.length)
  await Promise.all(Array.from({ length: lanes }, walk))
  return rows.flatMap((row) => results.get(row) ?? [])
}
