import { alignTable, type Cell, type Terminal } from '../terminal.ts'
import { isExpected, mismatchLine, tallyResults, type Result, type Tally } from './outcome.ts'

/** Prints a table of outcomes by what was expected. */
export function printTallies(terminal: Terminal, results: readonly Result[]): void {
  const header = ['expected', 'rows', 'as expected', 'what came of them']
  const rows = [
    header.map((text, column) => ({ text, right: isNumeric(column), colour: 'dim' as const })),
    ...tallyResults(results).map(tallyCells),
  ]
  terminal.line()
  for (const line of alignTable(rows, terminal.paint)) terminal.line(`  ${line}`)
}

function isNumeric(column: number): boolean {
  return column === 1 || column === 2
}

function tallyCells({ expected, rows, right, outcomes }: Tally): readonly Cell[] {
  const colour = right === rows ? 'good' : 'bad'
  return [
    { text: expected },
    { text: String(rows), right: true },
    { text: String(right), right: true, colour },
    { text: outcomes.map(({ text, count }) => `${text} (${count})`).join(', ') },
  ]
}

/** Prints a line per outcome that is not the expected one; true if there is none. */
export function printMismatches(terminal: Terminal, results: readonly Result[]): boolean {
  const wrong = results.filter(({ row, outcome }) => !isExpected(row.expected, outcome))
  terminal.line()
  if (wrong.length === 0) {
    terminal.line(terminal.paint(`All ${results.length} outcomes are the expected ones.`, 'good'))
    return true
  }
  terminal.line(terminal.paint(`${wrong.length} outcomes are not the expected ones:`, 'bad'))
  for (const result of wrong) terminal.line(`  ${mismatchLine(result)}`)
  return false
}
