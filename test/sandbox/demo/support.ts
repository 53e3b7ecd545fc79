import type { DemoRow } from '../../../sandbox/demo/parse-rows.ts'
import { createTerminal, type Terminal } from '../../../sandbox/terminal.ts'

/** A row that pays 10 KES from heron to weaver, changed by what is given. */
export function aRow(changes: Partial<DemoRow> = {}): DemoRow {
  return {
    line: 2,
    id: 'd001',
    payerFsp: 'heron',
    payerMsisdn: '254710000001',
    payeeMsisdn: '254720000001',
    amount: '10',
    currency: 'KES',
    expected: { kind: 'state', state: 'COMMITTED' },
    ...changes,
  }
}

/** A terminal that keeps what was written to it. */
export function aTerminal(isInteractive = false): { terminal: Terminal; written: () => string } {
  const parts: string[] = []
  const terminal = createTerminal({
    write: (text) => parts.push(text),
    isInteractive,
    hasColours: isInteractive,
    columns: () => 100,
  })
  return { terminal, written: () => parts.join('') }
}
