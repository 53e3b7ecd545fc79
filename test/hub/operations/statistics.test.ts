import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { emptyDay, type DayKey, type DayStatistics } from '../../../hub/statistics/day.ts'
import { aHubApi, type HubApi } from '../../support/hub-api.ts'
import { kes } from '../../support/store-values.ts'

let api: HubApi

const keyOf = (name: string, tenants: readonly string[], operator: boolean) => ({
  name,
  sha256: createHash('sha256').update(`kvk_${name}`).digest('hex'),
  tenants: [...tenants],
  operator,
})

/** The clock stands at the first of January 2026. */
beforeEach(() => {
  api = aHubApi({
    apiKeys: [
      keyOf('desk', ['heron'], true),
      keyOf('hq', ['heron', 'ibis'], true),
      keyOf('client', ['heron'], false),
    ],
  })
})
afterEach(() => api.store.close())

const ask = (query = '', name = 'hq') =>
  api.get(`/operations/statistics${query}`, {
    'Platform-TenantId': '',
    Authorization: `Bearer kvk_${name}`,
  })

const aDay = (
  key: Partial<DayKey> = {},
  fields: Partial<Omit<DayStatistics, 'key'>> = {},
): DayStatistics => ({
  ...emptyDay({ fspId: 'heron', role: 'payer', currency: 'KES', day: '2026-01-01', ...key }),
  received: 1,
  ...fields,
})
const keep = (...days: readonly DayStatistics[]): Promise<void> =>
  api.store.step(async (tx) => {
    for (const day of days) await tx.statistics.saveDay(day)
  })
const shown = async (query: string, name = 'hq'): Promise<readonly string[]> =>
  (await ask(query, name)).body.days.map(({ fspId, day }: DayKey) => `${fspId} ${day}`)

describe('GET /operations/statistics', () => {
  it('shows a day: how many, how much as a decimal string, why not, and how long', async () => {
    const took = { totalMs: 2_001, longestMs: 1_400, within: { 300: 2, 1500: 1 } }
    const amount = kes('9007199254740993.5')
    const aborted = { 'payer-blocked': 2, 'payee-not-found': 1 }
    await keep(aDay({}, { received: 9, committed: 3, amount, aborted, took }))
    expect(await ask()).toMatchObject({ status: 200 })
    expect((await ask()).body).toEqual({
      days: [
        {
          day: '2026-01-01',
          fspId: 'heron',
          role: 'payer',
          currency: 'KES',
          received: 9,
          committed: 3,
          amount: '9007199254740993.5',
          aborted: [
            { reason: 'payee-not-found', legs: 1 },
            { reason: 'payer-blocked', legs: 2 },
          ],
          took: { legs: 3, meanMs: 667, p50Ms: 300, p95Ms: 1400, longestMs: 1400 },
        },
      ],
    })
  })

  it('says nothing of times where no leg has ended', async () => {
    await keep(aDay())
    expect((await ask()).body.days[0]).not.toHaveProperty('took')
  })

  it('shows the last seven days unless others are asked for', async () => {
    const days = ['2025-12-25', '2025-12-26', '2026-01-01', '2026-01-02']
    await keep(...days.map((day) => aDay({ day })))
    expect(await shown('')).toEqual(['heron 2025-12-26', 'heron 2026-01-01'])
    expect(await shown('?from=2025-12-25&to=2025-12-26')).toEqual([
      'heron 2025-12-25',
      'heron 2025-12-26',
    ])
    expect(await shown('?to=2025-12-25')).toEqual(['heron 2025-12-25'])
  })

  it("shows those of the key's FSPs, or of the one that is asked for", async () => {
    await keep(aDay(), aDay({ fspId: 'ibis' }))
    expect(await shown('')).toEqual(['heron 2026-01-01', 'ibis 2026-01-01'])
    expect(await shown('?fspId=ibis')).toEqual(['ibis 2026-01-01'])
    expect(await shown('', 'desk')).toEqual(['heron 2026-01-01'])
    expect(await ask('?fspId=ibis', 'desk')).toMatchObject({ status: 403 })
    expect(await ask('?fspId=nobody')).toMatchObject({ status: 403 })
  })

  it('is for keys of operators', async () => {
    expect(await ask('', 'client')).toMatchObject({ status: 403 })
    expect(await ask('', 'stranger')).toMatchObject({ status: 401 })
  })

  it.each([
    '?from=yesterday',
    '?to=2026-02-30',
    '?from=2026-01-02&to=2026-01-01',
    '?from=2024-01-01&to=2026-01-01',
    '?fspId=',
    '?day=2026-01-01',
  ])('refuses %s', async (query) => {
    expect(await ask(query)).toMatchObject({ status: 400 })
  })
})
