import { describe, expect, it } from '@jest/globals'
import { balanceBooks } from '../../../sandbox/books/balance.ts'
import { areRight, booksJson, printBooks } from '../../../sandbox/books/print.ts'
import { aTerminal } from '../demo/support.ts'
import { aSwitchTransfer, booksAfterOne } from './support.ts'

const right = balanceBooks(booksAfterOne())
const wrong = balanceBooks(
  booksAfterOne({
    switch: { ...booksAfterOne().switch, transfers: [aSwitchTransfer({ amount: 999n })] },
  }),
)

function printed(lines: typeof right, isBrief: boolean): string {
  const { terminal, written } = aTerminal()
  printBooks(terminal, lines, { isBrief })
  return written()
}

describe('the printed books', () => {
  it('show every sum, and say that they are right', () => {
    const text = printed(right, false)
    expect(text).toContain(
      '  heron KES               0.00  ok  cash 100.00, customers -89.50, fees -0.50',
    )
    expect(text).toMatch(
      /heron 254710000001 KES +89\.50 {2}ok {2}opened with 100\.00, moved -10\.50/,
    )
    expect(text).toMatch(/COMMITTED everywhere +1 {2}ok/)
    expect(text.trimEnd().split('\n').at(-1)).toBe(
      `The books are right: ${right.length} sums agree.`,
    )
  })

  it('show customers by bank when brief', () => {
    const text = printed(right, true)
    expect(text).not.toContain('254710000001')
    expect(text).toMatch(/heron KES +1 {2}ok/)
  })

  it('list what differs at the end', () => {
    const lines = printed(wrong, true).trimEnd().split('\n')
    expect(lines.at(-2)).toBe(`1 of ${wrong.length} sums differ:`)
    expect(lines.at(-1)).toMatch(
      /^ {2}transfers, t1: hub for heron \(payer\): COMMITTED 10\.00 KES, /,
    )
    expect(lines.at(-1)).toContain('switch: COMMITTED 9.99 KES')
  })
})

describe('booksJson', () => {
  it('is one line that says whether all is right, and has every sum', () => {
    const read = JSON.parse(booksJson(wrong))
    expect(read.ok).toBe(false)
    expect(read.lines).toHaveLength(wrong.length)
    expect(read.lines.find(({ ok }: any) => !ok)).toMatchObject({
      section: 'transfers',
      subject: 't1',
    })
    expect(JSON.parse(booksJson(right)).ok).toBe(true)
    expect([areRight(right), areRight(wrong)]).toEqual([true, false])
  })
})
