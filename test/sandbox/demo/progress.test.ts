import { describe, expect, it } from '@jest/globals'
import { createProgress } from '../../../sandbox/demo/progress.ts'
import { aTerminal } from './support.ts'

describe('progress', () => {
  it('writes a line for every tenth into a pipe', () => {
    const { terminal, written } = aTerminal()
    const progress = createProgress(terminal, 40, 'payments')
    for (let done = 1; done <= 40; done++) progress.step(done)
    progress.end()
    const lines = written().trimEnd().split('\n')
    expect(lines).toHaveLength(10)
    expect(lines[0]).toBe('4 of 40 payments')
    expect(lines[9]).toBe('40 of 40 payments')
  })

  it('rewrites one line on a terminal, and leaves nothing of it', () => {
    const { terminal, written } = aTerminal(true)
    const progress = createProgress(terminal, 4, 'payments')
    progress.step(2)
    progress.end()
    expect(written()).toContain('[###############...............] 2 of 4 payments')
    expect(written()).not.toContain('\n')
    expect(written().endsWith('\r')).toBe(true)
  })
})
