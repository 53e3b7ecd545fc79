import type { Terminal } from '../terminal.ts'

/** Shows how far a run has come: one line that is rewritten on a terminal, one line per tenth in a pipe. */
export type Progress = { step(doneCount: number): void; end(): void }

/** Progress of `total` steps; `noun` says of what: "payments". */
export function createProgress(terminal: Terminal, total: number, noun: string): Progress {
  let tenthsShown = 0
  return {
    step: (done) => {
      if (terminal.isInteractive) {
        terminal.status(`${bar(done, total)} ${done} of ${total} ${noun}`)
        return
      }
      const tenths = Math.floor((done * 10) / total)
      if (tenths > tenthsShown) terminal.line(`${done} of ${total} ${noun}`)
      tenthsShown = Math.max(tenths, tenthsShown)
    },
    end: () => {
      terminal.status('')
    },
  }
}

const barWidth = 30

function bar(done: number, total: number): string {
  const filled = Math.floor((done * barWidth) / total)
  return `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}]`
}
