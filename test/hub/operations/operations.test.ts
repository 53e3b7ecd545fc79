import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
import { refusal } from '../../../hub/domain/refusal.ts'
import type { TransferRecord } from '../../../hub/domain/transfer-record.ts'
import type { TransferState } from '../../../hub/domain/transfer.ts'
import type { Problem } from '../../../hub/store/store.ts'
import { aHubApi, type HubApi } from '../../support/hub-api.ts'
import { aKey, aTransfer, kes } from '../../support/store-values.ts'

let api: HubApi

beforeEach(() => {
  api = aHubApi({
    apiKeys: [
      {
        name: 'desk of heron',
        sha256: createHash('sha256').update('kvk_desk').digest('hex'),
        tenants: ['heron'],
        operator: true,
      },
      {
        name: 'headquarters',
        sha256: createHash('sha256').update('kvk_hq').digest('hex'),
        tenants: ['heron', 'ibis'],
        operator: true,
      },
    ],
  })
})

afterEach(() => api.store.close())

const desk = { Authorization: 'Bearer kvk_desk' }
const everywhere = { Authorization: 'Bearer kvk_hq', 'Platform-TenantId': '' }
const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

async function insert(...records: readonly TransferRecord[]): Promise<void> {
  await api.store.step(async (tx) => {
    for (const record of records) await tx.transfers.insert(record)
  })
}

async function waiting(
  state: TransferState,
  kind: Problem['kind'],
  fields: Partial<TransferRecord> = {},
): Promise<TransferRecord> {
  const record = aTransfer({ key: aKey({ transferId: id(1) }), state, wait: 4, ...fields })
  await insert(record)
  const problem = { key: record.key, kind, detail: 'words', openedAt: 1_767_225_600_000 }
  await api.store.step((tx) => tx.problems.open(problem))
  return record
}

describe('open problems', () => {
  it("are those of the operator's FSPs, with what may be decided", async () => {
    await waiting('unknown', 'outcome-disputed')
    await waiting('booking-owed', 'booking-owed', {
      key: aKey({ fspId: 'ibis', role: 'payee', transferId: id(2) }),
    })
    const heron = {
      fspId: 'heron',
      role: 'payer',
      transferId: id(1),
      kind: 'outcome-disputed',
      detail: 'words',
      openedAt: '2026-01-01T00:00:00.000Z',
      decisions: ['commit', 'release'],
    }
    const path = '/operations/problems'
    expect((await api.get(path, desk)).body).toEqual({ problems: [heron] })
    expect((await api.get(path, everywhere)).body.problems).toMatchObject([
      heron,
      { fspId: 'ibis', decisions: ['suspense'] },
    ])
    expect(await api.get(path, { ...desk, 'Platform-TenantId': 'ibis' })).toMatchObject({
      status: 403,
    })
  })
})

describe('a decision', () => {
  const path = `/operations/transfers/${id(1)}/decision`
  const decide = (decision: string, reason = 'seen at the core', headers = {}) =>
    api.post(path, { role: 'payer', decision, reason }, { ...desk, ...headers })
  const leg = async (): Promise<TransferRecord> =>
    (await api.store.step((tx) => tx.transfers.find(aKey({ transferId: id(1) }))))!

  it('is stored with who took it and why, and wakes the wait that is open', async () => {
    await waiting('unknown', 'outcome-disputed')
    await api.clock.advance(5000)
    expect(await decide('release')).toMatchObject({
      status: 200,
      body: { transferId: id(1), decision: 'release', decidedBy: 'desk of heron' },
    })
    expect((await leg()).facts.decision).toBe('release')
    expect((await leg()).state).toBe('unknown')
    const timeline = await api.store.step((tx) =>
      tx.transfers.timeline(aKey({ transferId: id(1) })),
    )
    expect(timeline).toEqual([
      {
        at: api.clock.now(),
        step: 'operator-decided',
        party: 'operator',
        direction: 'in',
        outcome: 'done',
        detail: 'release, by desk of heron: seen at the core',
      },
    ])
    expect(await api.outbox()).toMatchObject([
      {
        line: `heron:payer:${id(1)}`,
        message: {
          name: 'operator-decided',
          correlationKey: `heron:payer:${id(1)}:4`,
          variables: {},
        },
      },
    ])
  })

  it('taken twice is taken once', async () => {
    await waiting('unknown', 'outcome-disputed')
    const answers = await Promise.all([decide('commit'), decide('commit'), decide('commit')])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    const key = aKey({ transferId: id(1) })
    expect(await api.store.step((tx) => tx.transfers.timeline(key))).toHaveLength(1)
  })

  it('fences the other, also of two at once', async () => {
    await waiting('unknown', 'outcome-disputed')
    const answers = await Promise.all([decide('release'), decide('commit')])
    expect(answers.map(({ status }) => status)).toEqual([200, 409])
    expect((await leg()).facts.decision).toBe('release')
  })

  it('for suspense may follow one to commit, once the core refuses the booking', async () => {
    await waiting('booking-owed', 'booking-owed', { facts: { decision: 'commit' } })
    expect(await decide('suspense')).toMatchObject({ status: 200 })
    expect((await leg()).facts.decision).toBe('suspense')
  })

  const refused: readonly (readonly [TransferState, Problem['kind'], string])[] = [
    ['unknown', 'outcome-disputed', 'suspense'],
    ['booking-owed', 'booking-owed', 'release'],
    ['booking-owed', 'booking-owed', 'commit'],
    ['release-decided', 'committed-after-release', 'commit'],
    ['commit-decided', 'outcome-disputed', 'release'],
    ['commit-decided', 'outcome-disputed', 'commit'],
    ['aborted', 'outcome-disputed', 'commit'],
    ['reserved', 'incident', 'release'],
  ]

  it.each(refused)('on a transfer that is %s with %s may not be %s', async (state, kind, word) => {
    await waiting(state, kind)
    expect(await decide(word)).toMatchObject({ status: 409, body: { errorCode: 'IncorrectState' } })
    expect(await leg()).toMatchObject({ state, facts: {} })
    expect(await api.outbox()).toEqual([])
  })

  it('on a transfer that waits for nobody is 409', async () => {
    await insert(aTransfer({ key: aKey({ transferId: id(1) }), state: 'unknown' }))
    expect(await decide('commit')).toMatchObject({ status: 409 })
  })

  it('on a transfer whose problem is another one’s is 409', async () => {
    await waiting('unknown', 'outcome-disputed', { key: aKey({ transferId: id(2) }) })
    await insert(aTransfer({ key: aKey({ transferId: id(1) }), state: 'unknown' }))
    expect(await decide('commit')).toMatchObject({ status: 409 })
  })

  it.each([
    ['an id that nobody has', `/operations/transfers/${id(9)}/decision`, {}, 404],
    ['what is no id', '/operations/transfers/x/decision', {}, 404],
    ['no reason', path, { reason: '' }, 400],
    ['an unknown decision', path, { decision: 'undo' }, 400],
    ['no role', path, { role: null }, 400],
    ['the leg of the other role', path, { role: 'payee' }, 404],
  ])('with %s is refused', async (_name, at, fields, status) => {
    await waiting('unknown', 'outcome-disputed')
    const body = { role: 'payer', decision: 'commit', reason: 'r', ...fields }
    expect(await api.post(at, body, desk)).toMatchObject({ status })
    expect((await leg()).facts).toEqual({})
  })

  it("on another FSP's transfer is 404, as if it were not there", async () => {
    await waiting('unknown', 'outcome-disputed', {
      key: aKey({ fspId: 'ibis', transferId: id(1) }),
    })
    expect(await decide('commit', 'r', { 'Platform-TenantId': '' })).toMatchObject({ status: 404 })
  })
})

describe('inspecting a transfer', () => {
  it('shows both legs of it with their timelines', async () => {
    const payer = aTransfer({ key: aKey({ transferId: id(1) }), facts: { otherFspId: 'ibis' } })
    const payee = { ...payer, key: { ...payer.key, fspId: 'ibis', role: 'payee' } } as const
    await insert(payer, { ...payee, facts: { otherFspId: 'heron', fulfilment: 'secret' } })
    const entry = { at: payer.createdAt, step: 's', party: 'switch', direction: 'in' } as const
    await api.store.step((tx) =>
      tx.transfers.appendTimeline(payee.key, { ...entry, outcome: 'given', detail: 'd' }),
    )
    const path = `/operations/transfers/${id(1)}`
    const both = await api.get(path, everywhere)
    expect(both.body.legs).toMatchObject([
      { fspId: 'heron', role: 'payer', payeeFsp: 'ibis', amount: '10.5', timeline: [] },
      { fspId: 'ibis', role: 'payee', payerFsp: 'heron', timeline: [{ outcome: 'given' }] },
    ])
    expect(JSON.stringify(both.body)).not.toContain('secret')
    expect((await api.get(path, desk)).body.legs).toHaveLength(1)
    expect(await api.get(`/operations/transfers/${id(2)}`, desk)).toMatchObject({ status: 404 })
    expect(await api.get('/operations/transfers/x', desk)).toMatchObject({ status: 404 })
  })
})

describe('searching', () => {
  const start = Date.UTC(2026, 0, 1)
  const path = '/operations/transfers'

  /** Two in each second; every third aborted; every fourth of heron's as payee. */
  function many(count: number): readonly TransferRecord[] {
    return Array.from({ length: count }, (_, n) =>
      aTransfer({
        key: aKey({ transferId: id(n), role: n % 4 === 0 ? 'payee' : 'payer' }),
        state: n % 3 === 0 ? 'aborted' : 'committed',
        createdAt: start + Math.floor(n / 2) * 1000,
        facts: n % 3 === 0 ? { refusal: refusal('payee-blocked', 'd') } : { otherFspId: 'ibis' },
      }),
    )
  }

  const search = async (query: string) => (await api.get(`${path}?${query}`, desk)).body
  const ids = (page: any): readonly string[] => page.transfers.map((t: any) => t.transferId)

  it('hands out every leg once, newest first, in pages of any size', async () => {
    await insert(...many(25))
    for (const limit of [1, 2, 7, 24, 25, 100]) {
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page: any = await search(`limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`)
        expect(page.total).toBe(cursor ? undefined : 25)
        expect(page.transfers.length).toBeLessThanOrEqual(limit)
        seen.push(...ids(page))
        cursor = page.nextCursor
      } while (cursor)
      expect(seen).toHaveLength(25)
      expect(new Set(seen).size).toBe(25)
      const times = seen.map((transferId) => Math.floor(Number(transferId.slice(-4)) / 2))
      expect(times).toEqual([...times].sort((a, b) => b - a))
    }
  })

  it.each([
    ['state=ABORTED', 9],
    ['state=COMMITTED&role=payee', 4],
    ['role=payer', 18],
    ['payer=254710000001', 25],
    ['payer=254710000009', 0],
    ['payee=254720000001&state=ABORTED', 9],
    ['payeeFsp=ibis', 12],
    ['payerFsp=ibis', 4],
    ['payerFsp=heron', 18],
    ['currency=KES', 25],
    ['currency=UGX', 0],
    ['from=2026-01-01T00:00:10Z', 5],
    ['to=2026-01-01T00:00:10Z', 20],
    ['from=2026-01-01T03:00:05%2B03:00&to=2026-01-01T00:00:07.000Z', 4],
  ])('%s fits %i', async (query, total) => {
    await insert(...many(25))
    const page = await search(query)
    expect(page.total).toBe(total)
    expect(page.transfers).toHaveLength(Math.min(total, 20))
  })

  it.each([
    'limit=0',
    'limit=101',
    'limit=ten',
    'limit=1.5',
    'state=committed',
    'from=yesterday',
    'cursor=x',
    'cursor=-1.payer.x',
    'colour=green',
    'role=both',
    'payer=',
  ])('%s is 400', async (query) => {
    expect(await api.get(`${path}?${query}`, desk)).toMatchObject({ status: 400 })
  })

  it('needs an FSP', async () => {
    expect(await api.get(path, everywhere)).toMatchObject({ status: 400 })
  })

  it('looks at no other FSP', async () => {
    await insert(aTransfer({ key: aKey({ fspId: 'ibis' }) }))
    expect((await search('limit=5')).transfers).toEqual([])
  })
})

describe("the hub's side of the books", () => {
  it('lists every leg by FSP and currency with what moved', async () => {
    const terms = { transferAmount: kes('12'), expiresAt: 0, ilpPacket: '', condition: '' }
    await insert(
      aTransfer({
        key: aKey({ transferId: id(1) }),
        state: 'committed',
        facts: { terms, fee: kes('1.5'), otherFspId: 'ibis' },
      }),
      aTransfer({
        key: aKey({ transferId: id(2) }),
        state: 'aborted',
        facts: { refusal: refusal('payee-blocked', 'd') },
      }),
      aTransfer({ key: aKey({ fspId: 'ibis', role: 'payee', transferId: id(1) }) }),
    )
    const { body } = await api.get('/lab/books', everywhere)
    expect(body.fsps.map(({ fspId }: any) => fspId)).toEqual(['heron', 'ibis'])
    const [heron] = body.fsps
    const parties = {
      payer: { type: 'MSISDN', identifier: '254710000001' },
      payee: { type: 'MSISDN', identifier: '254720000001', subId: 'till 4' },
    }
    expect(heron.currencies).toEqual([
      {
        currency: 'KES',
        legs: [
          {
            ...parties,
            transferId: id(2),
            role: 'payer',
            state: 'aborted',
            fspiopState: 'ABORTED',
            amount: '10.5',
            currency: 'KES',
            fee: '0',
            reason: 'payee-blocked',
          },
          {
            ...parties,
            transferId: id(1),
            role: 'payer',
            state: 'committed',
            fspiopState: 'COMMITTED',
            amount: '12',
            currency: 'KES',
            fee: '1.5',
            otherFspId: 'ibis',
          },
        ],
      },
    ])
  })

  it('counts ten thousand legs, many of one millisecond, each once', async () => {
    const legs = Array.from({ length: 10_500 }, (_, n) =>
      aTransfer({ key: aKey({ transferId: id(n) }), createdAt: 1000 + Math.floor(n / 700) }),
    )
    await insert(...legs)
    const { body } = await api.get('/lab/books', desk)
    const found = body.fsps[0].currencies[0].legs.map(({ transferId }: any) => transferId)
    expect(found).toHaveLength(10_500)
    expect(new Set(found).size).toBe(10_500)
  })

  it('are shown in the lab only', async () => {
    const outside = aHubApi({ lab: false })
    expect(await outside.get('/lab/books')).toMatchObject({ status: 404 })
    await outside.store.close()
  })
})

describe('health', () => {
  it('is alive and ready without a key', async () => {
    const nobody = { 'Platform-TenantId': '' }
    expect(await api.get('/health/live', nobody)).toMatchObject({ status: 200 })
    expect(await api.get('/health/ready', nobody)).toMatchObject({
      status: 200,
      body: { status: 'up' },
    })
  })

  it('leaves nothing behind in the store', async () => {
    await api.get('/health/ready')
    expect(await api.store.step((tx) => tx.lookups.waiters('-', 'probe'))).toEqual([])
  })

  it('is not ready when the store takes no writes, or takes too long', async () => {
    const full = aHubApi({}, (store) => ({
      ...store,
      step: () => Promise.reject(new Error('full')),
    }))
    expect(await full.get('/health/ready')).toMatchObject({ status: 503 })
    expect(await full.get('/health/live')).toMatchObject({ status: 200 })
    await full.store.close()
    const slow = aHubApi({}, (store) => ({ ...store, step: () => new Promise<never>(() => {}) }))
    const [first, second] = [slow.get('/health/ready'), slow.get('/health/ready')]
    await slow.clock.advance(2000)
    expect(await Promise.all([first, second])).toMatchObject([{ status: 503 }, { status: 503 }])
    await slow.store.close()
  })

  it('writes to the disk once, however many ask', async () => {
    let steps = 0
    const counting = aHubApi({}, (store) => ({
      ...store,
      step: (work) => {
        steps += 1
        return store.step(work)
      },
    }))
    await Promise.all(Array.from({ length: 20 }, () => counting.get('/health/ready')))
    expect(steps).toBe(1)
    await counting.store.close()
  })
})
