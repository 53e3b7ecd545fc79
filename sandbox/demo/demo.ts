import { balanceBooks } from '../books/balance.ts'
import { collectBooksAtRest, type LabUrls } from '../books/collect.ts'
import { areRight, printBooks } from '../books/print.ts'
import { sendJson } from '../json-client.ts'
import type { Terminal } from '../terminal.ts'
import type { Result } from './outcome.ts'
import { toldLegs } from './parse-transfer.ts'
import type { DemoRow } from './parse-rows.ts'
import { createProgress } from './progress.ts'
import { printMismatches, printTallies } from './report.ts'
import { runRows } from './run-rows.ts'
import { labPatience, sendRow, type DemoPorts, type Door } from './send-row.ts'
import { tellStory } from './story.ts'

/** A lab to run against. `direct` banks speak for themselves: their orders go to them and not to the hub. */
export type DemoLab = LabUrls & { readonly direct: readonly string[] }

const payersInFlightMax = 32
const restMsMax = 60_000

/**
 * Runs a file of payments through a lab and prints what became of them, one of them as a story, and the books. True only
 * if every outcome was the expected one and all sums are right.
 */
export async function runDemo(
  rows: readonly DemoRow[],
  lab: DemoLab,
  ports: DemoPorts & { readonly terminal: Terminal },
): Promise<boolean> {
  const { terminal, clock } = ports
  const startedAt = clock.now()
  const progress = createProgress(terminal, rows.length, 'payments')
  const results = await runRows(rows, {
    payersInFlightMax,
    send: (row) => sendRow(row, { door: doorOf(row, lab), patience: labPatience }, ports),
    ended: (_result, endedCount) => progress.step(endedCount),
  })
  progress.end()
  const seconds = ((clock.now() - startedAt) / 1000).toFixed(1)
  terminal.line(`${rows.length} payments asked for and answered in ${seconds} s.`)
  printTallies(terminal, results)
  const areExpected = printMismatches(terminal, results)
  await printStory(results, lab, ports)
  const lines = balanceBooks(await collectBooksAtRest(lab, ports, restMsMax))
  printBooks(terminal, lines, { isBrief: true })
  return areExpected && areRight(lines)
}

function doorOf({ payerFsp }: DemoRow, lab: DemoLab): Door {
  const bank = lab.direct.includes(payerFsp) ? lab.banks[payerFsp] : undefined
  return { url: bank === undefined ? `${lab.hub}/channel/transfer` : `${bank}/lab/transfers` }
}

/** Tells one committed transfer between two banks, if there was one; the more legs the hub holds of it the better. */
async function printStory(
  results: readonly Result[],
  lab: DemoLab,
  { http, terminal }: DemoPorts & { readonly terminal: Terminal },
): Promise<void> {
  for (const { row, outcome } of storiesOf(results, lab)) {
    const url = `${lab.hub}/operations/transfers/${outcome.transferId}`
    const legs = toldLegs(await sendJson(http, { method: 'GET', url }))
    if (legs.length < 2) continue
    const title = `${row.amount} ${row.currency} from ${legs[0]?.payerFsp ?? row.payerFsp} to ${legs[0]?.payeeFsp ?? 'its payee'}, message by message`
    terminal.line()
    terminal.line(terminal.paint(title, 'bold'))
    for (const { afterMs, words } of tellStory(legs)) {
      terminal.line(`  ${`+${afterMs}`.padStart(6)} ms  ${words}`)
    }
    return
  }
}

const storiesTriedMax = 50

function storiesOf(
  results: readonly Result[],
  { direct }: DemoLab,
): readonly { readonly row: DemoRow; readonly outcome: { readonly transferId: string } }[] {
  return results
    .flatMap(({ row, outcome }) =>
      outcome.kind === 'ended' && outcome.state === 'COMMITTED' && !direct.includes(row.payerFsp)
        ? [{ row, outcome }]
        : [],
    )
    .slice(0, storiesTriedMax)
}
