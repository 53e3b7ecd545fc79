import { alignTable, type Cell, type Terminal } from '../terminal.ts'
import { groupBy } from '../group-by.ts'
import { bookSections, type BookLine, type BookSection } from './facts.ts'

/** Whether nothing differs. */
export function areRight(lines: readonly BookLine[]): boolean {
  return lines.every(({ isRight }) => isRight)
}

/** The books as one line of JSON: `{"ok":…,"lines":[…]}`. */
export function booksJson(lines: readonly BookLine[]): string {
  const shown = lines.map(({ group: _group, isRight, ...line }) => ({ ...line, ok: isRight }))
  return JSON.stringify({ ok: areRight(lines), lines: shown })
}

/**
 * Prints the books by section, then what differs once more at the end. Transfers that agree are one line; with
 * `isBrief` so are the customers of a bank, and holds and suspense that are as they should be.
 */
export function printBooks(
  terminal: Terminal,
  lines: readonly BookLine[],
  { isBrief }: { readonly isBrief: boolean },
): void {
  for (const same of groupBy(lines, (line) => line.section).values()) {
    const section = same[0]?.section ?? 'ledger'
    terminal.line()
    terminal.line(terminal.paint(bookSections[section], 'bold'))
    const shown = joinsLines(section, isBrief) ? joined(same) : same.map(rowOf)
    for (const row of alignTable(shown, terminal.paint)) terminal.line(`  ${row}`)
  }
  terminal.line()
  printVerdict(terminal, lines)
}

/** Sections of which nobody reads every line as long as it is right. */
const longSections: readonly BookSection[] = ['customers', 'held', 'suspense']

function joinsLines(section: BookSection, isBrief: boolean): boolean {
  return section === 'transfers' || (isBrief && longSections.includes(section))
}

function printVerdict(terminal: Terminal, lines: readonly BookLine[]): void {
  const wrong = lines.filter(({ isRight }) => !isRight)
  if (wrong.length === 0) {
    terminal.line(terminal.paint(`The books are right: ${lines.length} sums agree.`, 'good'))
    return
  }
  terminal.line(terminal.paint(`${wrong.length} of ${lines.length} sums differ:`, 'bad'))
  for (const { section, subject, says, expected, note } of wrong) {
    const more = note === undefined ? '' : ` (${note})`
    terminal.line(`  ${section}, ${subject}: ${says}, expected ${expected}${more}`)
  }
}

/** Lines of a group that are right as one row, the others each. */
function joined(lines: readonly BookLine[]): readonly (readonly Cell[])[] {
  return [...groupBy(lines, ({ group }) => group)].flatMap(([group, same]) => {
    const right = same.filter(({ isRight }) => isRight)
    const wrong = same.filter(({ isRight }) => !isRight).map(rowOf)
    if (right.length === 0) return wrong
    const row = [{ text: group }, { text: String(right.length), right: true }, verdict(true)]
    return [row, ...wrong]
  })
}

function rowOf({ subject, says, expected, isRight, note }: BookLine): readonly Cell[] {
  const wanted = isRight ? '' : `expected ${expected}`
  return [
    { text: subject },
    { text: says, right: true },
    verdict(isRight),
    { text: [wanted, note ?? ''].filter((part) => part !== '').join('; '), colour: 'dim' },
  ]
}

function verdict(isRight: boolean): Cell {
  return isRight ? { text: 'ok', colour: 'good' } : { text: 'DIFFERS', colour: 'bad' }
}
