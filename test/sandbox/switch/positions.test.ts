import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  aFulfil,
  anId,
  aPrepare,
  aWorld,
  otherFulfilment,
  type Fsp,
  type World,
} from './support.ts'

type Step =
  | {
      readonly kind: 'prepare'
      readonly id: number
      readonly amount: number
      readonly forward: boolean
      readonly lifeMs: number
    }
  | { readonly kind: 'fulfil' | 'wrong' | 'refuse'; readonly id: number; readonly forward: boolean }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'limit'; readonly cap: number }
  | { readonly kind: 'restart' }

const id = fc.integer({ min: 1, max: 8 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('prepare' as const),
      id,
      amount: fc.integer({ min: 1, max: 600 }),
      forward: fc.boolean(),
      lifeMs: fc.constantFrom(0, 500, 3_000, 30_000),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'fulfil' as const,
        'fulfil' as const,
        'wrong' as const,
        'refuse' as const,
      ),
      id,
      forward: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(0, 300, 2_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('limit' as const),
      cap: fc.integer({ min: 0, max: 1_500 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
)

/** heron pays weaver, or weaver heron. */
function sides(world: World, forward: boolean): { readonly payer: Fsp; readonly payee: Fsp } {
  const { heron, weaver } = world
  return forward ? { payer: heron, payee: weaver } : { payer: weaver, payee: heron }
}

/** Starts the step and does not wait for it, so that steps meet each other. */
function start(world: World, each: Step): Promise<unknown> {
  switch (each.kind) {
    case 'prepare': {
      const { payer, payee } = sides(world, each.forward)
      const expiration = new Date(world.clock.now() + each.lifeMs).toISOString()
      const amount = { amount: String(each.amount), currency: 'KES' }
      const parties = { payerFsp: payer.name, payeeFsp: payee.name }
      const body = aPrepare(world, { transferId: anId(each.id), amount, expiration, ...parties })
      return payer.send('POST', '/transfers', { to: payee.name, body })
    }
    case 'fulfil':
    case 'wrong':
    case 'refuse': {
      const { payer, payee } = sides(world, each.forward)
      const errorInformation = { errorCode: '5105', errorDescription: 'no' }
      const change = each.kind === 'wrong' ? { fulfilment: otherFulfilment } : {}
      const [path, body] =
        each.kind === 'refuse'
          ? ['/error', { errorInformation }]
          : ['', aFulfil(world, each.id % 2 === 0 ? 'RESERVED' : 'COMMITTED', change)]
      return payee.send('PUT', `/transfers/${anId(each.id)}${path}`, { to: payer.name, body })
    }
    case 'wait':
      return world.clock.advance(each.ms)
    case 'limit':
      return world.call('PUT', '/admin/participants/heron/limits', {
        currency: 'KES',
        limit: { type: 'NET_DEBIT_CAP', value: String(each.cap) },
      })
    case 'restart':
      return world.restart()
  }
}

/** After every change of a balance, in the order of the rows: what the position was. */
function positionsOf(world: World, fsp: string): readonly { change: number; balance: number }[] {
  return world.store
    .all(
      `SELECT c.change, c.balance FROM balance_changes c JOIN accounts a USING (account_id)
       WHERE a.participant = ? AND a.type = 'POSITION' AND a.currency = 'KES' ORDER BY c.seq`,
      fsp,
    )
    .map((row) => ({ change: Number(row['change']), balance: Number(row['balance']) }))
}

describe('positions', () => {
  it('never pass min(cap, cover), add up to what is RESERVED, and have a row for every change', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const world = await aWorld({ sweepMs: 400 })
        let highestCap = 1_000
        for (const each of steps) {
          if (each.kind === 'limit') highestCap = Math.max(highestCap, each.cap)
          const done = start(world, each)
          if (each.kind === 'restart' || each.kind === 'wait') await done
        }
        await world.settle()
        const { currencies, transfers } = (await world.call('GET', '/lab/books')).body
        const kes = currencies.find((each: any) => each.currency === 'KES')
        expect(kes.sumOfPositions).toBe(kes.sumReserved)

        for (const fsp of ['heron', 'weaver']) {
          const changes = positionsOf(world, fsp)
          const ceiling = Math.min(fsp === 'heron' ? highestCap : 1_000, 5_000)
          let running = 0
          for (const { change, balance } of changes) {
            running += change
            expect(balance).toBe(running)
            if (change > 0) expect(balance).toBeLessThanOrEqual(ceiling)
          }
          const implied = transfers.reduce((sum: number, each: any) => {
            const isOpen = each.state === 'RESERVED' || each.state === 'COMMITTED'
            if (isOpen && each.payerFsp === fsp) return sum + Number(each.amount)
            return each.state === 'COMMITTED' && each.payeeFsp === fsp
              ? sum - Number(each.amount)
              : sum
          }, 0)
          expect(Number(await world.position(fsp))).toBe(implied)
          expect(running).toBe(implied)
        }

        await world.clock.advance(60_000)
        const atRest = (await world.call('GET', '/lab/books')).body
        expect(atRest.currencies.every((each: any) => each.sumOfPositions === '0')).toBe(true)
        for (const { state } of atRest.transfers) expect(['COMMITTED', 'ABORTED']).toContain(state)
      }),
      { numRuns: 40, seed: 20260101 },
    )
  }, 60_000)

  it('let as many of eight at once through as the cap holds', async () => {
    const world = await aWorld()
    const amount = { amount: '300', currency: 'KES' }
    const ids = [1, 2, 3, 4, 5, 6, 7, 8]
    await Promise.all(
      ids.map((n) =>
        world.heron.send('POST', '/transfers', {
          to: 'weaver',
          body: aPrepare(world, { transferId: anId(n), amount }),
        }),
      ),
    )
    await world.settle()
    expect(world.weaver.received).toHaveLength(3)
    expect(world.heron.callbacks().map(({ body }) => body.errorInformation.errorCode)).toEqual(
      Array(5).fill('4200'),
    )
    expect(await world.position('heron')).toBe('900')
  })
})
