import { describe, expect, it } from '@jest/globals'
import { addDuration, planTimer } from '../../../../hub/engine/bpmn/timer-plan.ts'

const startMs = Date.UTC(2026, 0, 31)
const hourMs = 3_600_000

describe('a timer', () => {
  it.each([
    ['PT1.5S', 1500],
    ['PT0S', 0],
    ['P1DT2H', 26 * hourMs],
    ['P2W', 14 * 24 * hourMs],
    ['P1M', 28 * 24 * hourMs],
    ['P1Y', 365 * 24 * hourMs],
  ])('waits for a duration of %s', (duration, ms) => {
    expect(addDuration(startMs, duration)).toBe(startMs + ms)
  })

  it('waits until a date with a zone', () => {
    const dueAt = startMs + hourMs
    for (const date of ['2026-01-31T01:00:00Z', '2026-01-31T03:00:00+02:00[Africa/Kigali]']) {
      expect(planTimer('date', date, startMs)).toEqual({
        dueAt,
        repetitions: 1,
        interval: undefined,
      })
    }
  })

  it('repeats a cycle as often as it says, or for ever, from now or from a date', () => {
    expect(planTimer('cycle', 'R3/PT1H', startMs)).toEqual({
      dueAt: startMs + hourMs,
      repetitions: 3,
      interval: 'PT1H',
    })
    expect(planTimer('cycle', 'R/PT1H', startMs).repetitions).toBe(-1)
    expect(planTimer('cycle', 'R2/2026-02-01T00:00:00Z/PT1H', startMs).dueAt).toBe(
      startMs + 24 * hourMs,
    )
  })

  it.each([
    ['duration', '10 seconds'],
    ['duration', 'P'],
    ['duration', 'PT'],
    ['date', '2026-01-31T00:00:00'],
    ['date', 'tomorrow'],
    ['cycle', 'PT1H'],
    ['cycle', 'R/x'],
  ] as const)('refuses the %s %s', (kind, text) => {
    expect(() => planTimer(kind, text, startMs)).toThrow(/invalid/)
  })
})
