import { describe, expect, it } from '@jest/globals'
import { dayOf, tookAtMost } from '../../../hub/statistics/day.ts'

const took = (within: Record<string, number>, longestMs = 9_000) => ({
  totalMs: 0,
  longestMs,
  within,
})

describe('how long legs took', () => {
  it('is the limit under which the asked share of them stayed', () => {
    const spread = took({ 100: 50, 300: 45, 1_000: 4, 10_000: 1 })
    expect(tookAtMost(spread, 0.5)).toBe(100)
    expect(tookAtMost(spread, 0.51)).toBe(300)
    expect(tookAtMost(spread, 0.95)).toBe(300)
    expect(tookAtMost(spread, 0.99)).toBe(1_000)
  })

  it('is never more than the longest time that there was', () => {
    expect(tookAtMost(took({ 10_000: 1 }, 5_001), 0.5)).toBe(5_001)
    expect(tookAtMost(took({ longer: 1 }, 90_000_000), 0.95)).toBe(90_000_000)
  })

  it('is not known where none was timed', () => {
    expect(tookAtMost(took({}), 0.5)).toBeUndefined()
  })
})

it('a day begins and ends at midnight in UTC', () => {
  expect(dayOf(Date.UTC(2026, 0, 31, 23, 59, 59, 999))).toBe('2026-01-31')
  expect(dayOf(Date.UTC(2026, 1, 1))).toBe('2026-02-01')
})
