import { describe, expect, it } from '@jest/globals'
import { alignTable, createTerminal } from '../../sandbox/terminal.ts'

function aScreen(isInteractive: boolean) {
  const parts: string[] = []
  const terminal = createTerminal({
    write: (text) => parts.push(text),
    isInteractive,
    hasColours: isInteractive,
    columns: () => 50,
  })
  return { terminal, written: () => parts.join('') }
}

describe('a terminal', () => {
  it('rewrites its status line, and clears it before an ordinary line', () => {
    const { terminal, written } = aScreen(true)
    terminal.status('one')
    terminal.status('two')
    terminal.line('done')
    expect(written()).toBe('one\r   \rtwo\r   \rdone\n')
  })

  it('keeps a status within the window', () => {
    const { terminal, written } = aScreen(true)
    terminal.status('x'.repeat(80))
    expect(written()).toHaveLength(49)
  })

  it('writes neither status nor colours into a pipe', () => {
    const { terminal, written } = aScreen(false)
    terminal.status('one')
    terminal.line(terminal.paint('done', 'good'))
    expect(written()).toBe('done\n')
  })
})

describe('alignTable', () => {
  it('makes columns as wide as their widest cell, and colours without moving them', () => {
    const rows = [
      [{ text: 'bank' }, { text: 'KES', right: true }, { text: 'is' }],
      [{ text: 'heron', colour: 'good' as const }, { text: '-1.50', right: true }, { text: 'ok' }],
    ]
    expect(alignTable(rows, (text) => `<${text}>`)).toEqual([
      'bank     KES  is',
      '<heron>  -1.50  ok',
    ])
  })
})
