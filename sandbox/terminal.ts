/** Colours by what they mean. */
export type Colour = 'good' | 'bad' | 'dim' | 'bold'

/** Where a command writes for a person, or for a program that reads its lines through a pipe. */
export interface Terminal {
  /** Whether a person watches: only then lines are rewritten. */
  readonly isInteractive: boolean
  /** Columns of the window; 80 where there is none. */
  width(): number
  line(text?: string): void
  /** Rewrites the line at the bottom; nothing in a pipe. An ordinary line takes its place. */
  status(text: string): void
  /** The text in a colour, or as it is where there are no colours. */
  paint(text: string, colour: Colour): string
}

/** What a terminal writes to, and what it can do. */
export type Screen = {
  readonly write: (text: string) => void
  readonly isInteractive: boolean
  readonly hasColours: boolean
  readonly columns: () => number | undefined
}

const widthMin = 40
/** A pipe has no columns, and some terminals say 0. */
const widthOfNone = 80

/** A terminal on a screen, a pipe, or an array in a test. */
export function createTerminal(screen: Screen): Terminal {
  let statusLength = 0
  const width = (): number => Math.max(widthMin, screen.columns() || widthOfNone)
  const wipe = (): void => {
    if (statusLength > 0) screen.write(`\r${' '.repeat(statusLength)}\r`)
    statusLength = 0
  }
  return {
    isInteractive: screen.isInteractive,
    width,
    line: (text = '') => {
      wipe()
      screen.write(`${text}\n`)
    },
    status: (text) => {
      if (!screen.isInteractive) return
      wipe()
      const shown = text.slice(0, width() - 1)
      screen.write(shown)
      statusLength = shown.length
    },
    paint: (text, colour) =>
      screen.hasColours && text !== '' ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text,
  }
}

const codes = { good: '32', bad: '31', dim: '2', bold: '1' } as const satisfies Record<
  Colour,
  string
>

/** One cell of a table. */
export type Cell = { readonly text: string; readonly colour?: Colour; readonly right?: boolean }

/**
 * Lines of a table whose columns are as wide as their widest cell, two spaces apart. Cells are aligned to the left unless
 * they say `right`; nothing is cut.
 */
export function alignTable(
  rows: readonly (readonly Cell[])[],
  paint: Terminal['paint'],
): readonly string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.text.length)
    }
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const isLast = column === row.length - 1
        const blanks = ' '.repeat((widths[column] ?? 0) - cell.text.length)
        const painted = cell.colour === undefined ? cell.text : paint(cell.text, cell.colour)
        if (cell.right === true) return blanks + painted
        return isLast ? painted : painted + blanks
      })
      .join('  ')
      .trimEnd(),
  )
}
