import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, it } from '@jest/globals'
import { decimalsOf, isCurrency } from '../../../hub/domain/currency.ts'

/** The Mojaloop library's own table of ISO 4217, which the ILP packets are scaled by. */
const file = createRequire(import.meta.url).resolve(
  '@mojaloop/sdk-standard-components/src/lib/ilp/currency.json',
)
const table = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>

describe('decimalsOf', () => {
  it('agrees with ISO 4217 on every currency that both know', () => {
    const both = Object.keys(table).filter(isCurrency)
    expect(both.length).toBeGreaterThan(140)
    const differing = both.filter((code) => decimalsOf(code) !== table[code])
    // Codes for testing and for no currency at all are not held in accounts.
    expect(differing.filter((code) => code !== 'XXX' && code !== 'XTS')).toEqual([])
  })

  it.each([
    ['KES', 2],
    ['UGX', 0],
    ['TND', 3],
    ['MMK', 2],
    ['IQD', 3],
  ])('gives %s %d', (code, digits) => {
    expect(decimalsOf(code)).toBe(digits)
  })
})
