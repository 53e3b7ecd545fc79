import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { startVirtualLab, type VirtualLab } from '../support/virtual-lab.ts'
import {
  aTransfer,
  carry,
  expectBooksRight,
  fault,
  freeze,
  legOf,
  legsOf,
  mend,
  openProblems,
  send,
  sentTo,
  settle,
  stateAtCore,
  stateAtSwitch,
  status,
  steps,
  unfreeze,
  until,
  wait,
  watchBalance,
  type Leg,
} from '../support/journey.ts'

let lab: VirtualLab
let untouched: (() => Promise<number>)[]

beforeAll(async () => {
  lab = await startVirtualLab()
  untouched = await Promise.all([
    watchBalance(lab, 'heron', 1),
    watchBalance(lab, 'weaver', 2),
    watchBalance(lab, 'ibis', 1, 'UGX'),
  ])
})
afterEach(async () => {
  for (const party of ['switch', 'heron', 'weaver'] as const) await mend(lab, party)
  for (const changed of untouched) expect(await changed()).toBe(0)
  await expectBooksRight(lab)
})
afterAll(() => lab.close())

function why({ state, reason, errorInformation }: Leg) {
  return [state, reason, errorInformation?.errorCode]
}

/** The client hears the same. */
async function expectTold(id: string, [, reason, errorCode]: ReturnType<typeof why>) {
  expect(await status(lab, id)).toMatchObject({
    transferState: 'ABORTED',
    completedTimestamp: expect.any(String),
    reason,
    errorInformation: { errorCode, errorDescription: expect.any(String) },
  })
}

describe('refused at the lookup', () => {
  it.each([
    ['a payee whom nobody knows', { payee: 9 }, 'payee-not-found', '3204'],
    ['a payer whom her bank does not know', { payer: 9 }, 'payer-not-found', '3204'],
    ['a payer whose account is frozen', { payer: 7 }, 'payer-blocked', '4400'],
    [
      'a payer without an account in UGX',
      { amount: '5', currency: 'UGX' },
      'payer-currency-not-held',
      '4000',
    ],
    ['a payee of the same bank who is frozen', { to: 'heron', payee: 7 }, 'payee-blocked', '5400'],
  ] as const)('%s', async (_, order, reason, code) => {
    const leg = await carry(lab, aTransfer(order))
    expect(why(leg)).toEqual(['aborted', reason, code])
    await expectTold(leg.id, why(leg))
    expect(await legsOf(lab, leg.id)).toHaveLength(1)
    expect(steps(leg).at(-1)).toBe('abort-transfer done')
  })

  it('an oracle that says nothing, asked twice, within the lookup time', async () => {
    await fault(lab, 'switch', { on: 'get-parties', do: 'silence', forever: true })
    const startedAt = lab.clock.now()
    const leg = await carry(lab, aTransfer())
    expect(why(leg)).toEqual(['aborted', 'payee-fsp-silent', '2004'])
    expect(steps(leg).filter((step) => step === 'find-payee asked')).toHaveLength(2)
    expect(lab.clock.now() - startedAt).toBeLessThan(12_000 + lab.slackMs)
  })

  it('an oracle that is silent once is asked again, and nothing is refused', async () => {
    await fault(lab, 'switch', { on: 'get-parties', do: 'silence' })
    const order = aTransfer({ from: 'kingfisher', to: 'ibis', payee: 3 })
    expect(await carry(lab, order)).toMatchObject({ state: 'committed' })
  })

  it('a switch that cannot be reached refuses after lookup, quote and transfer time', async () => {
    lab.network.cut('127.0.0.1:4100')
    const id = await send(lab, aTransfer())
    const leg = await settle(lab, id)
    lab.network.restore('127.0.0.1:4100')
    expect(why(leg)).toEqual(['aborted', 'switch-unavailable', '2003'])
  })

  it("a payer's core that cannot be reached refuses likewise", async () => {
    await fault(lab, 'heron', { on: 'find-party', do: 'error', forever: true })
    const leg = await carry(lab, aTransfer())
    expect(why(leg)).toEqual(['aborted', 'payer-fsp-unavailable', '2003'])
  })
})

describe('refused at the quote', () => {
  it.each([
    ['a payee whose account is frozen', { payee: 7 }, 'payee-blocked', '5400'],
    [
      'a payee without an account in UGX',
      { from: 'ibis', payer: 1, to: 'weaver', currency: 'UGX', amount: '500' },
      'payee-currency-not-held',
      '5106',
    ],
  ] as const)('%s', async (_, order, reason, code) => {
    const leg = await carry(lab, aTransfer(order))
    expect(why(leg)).toEqual(['aborted', reason, code])
    expect(steps(leg)).toContain('accept-quote refused')
    expect(await stateAtSwitch(lab, leg.id)).toBeUndefined()
  })

  it("trouble of the payee's FSP, or on the way to it", async () => {
    await fault(lab, 'switch', { on: 'post-quotes', do: 'error' })
    const leg = await carry(lab, aTransfer())
    expect(why(leg)).toEqual(['aborted', 'payee-fsp-unavailable', '2001'])
  })

  it('silence, asked twice, within the quote time', async () => {
    await fault(lab, 'switch', { on: 'post-quotes', do: 'silence', forever: true })
    const startedAt = lab.clock.now()
    const leg = await carry(lab, aTransfer())
    expect(why(leg)).toEqual(['aborted', 'payee-fsp-silent', '2004'])
    expect(lab.clock.now() - startedAt).toBeLessThan(63_000 + lab.slackMs)
  })

  it("a payee's core that does not answer: its FSP says so in time", async () => {
    await fault(lab, 'weaver', { on: 'price', do: 'error', forever: true })
    const leg = await carry(lab, aTransfer())
    expect(leg.state).toBe('aborted')
    expect(leg.reason).toMatch(/^payee-fsp-(silent|unavailable)$/)
  })

  it('terms that expire while the payer is still being priced', async () => {
    await fault(lab, 'switch', { on: 'put-quotes', do: 'delay', ms: 25_000 })
    await fault(lab, 'heron', { on: 'price', do: 'error', forever: true })
    const id = await send(lab, aTransfer())
    await wait(lab, 61_000)
    await mend(lab, 'heron')
    expect(why(await settle(lab, id))).toEqual(['aborted', 'quote-expired', '3302'])
    expect(await stateAtCore(lab, 'heron', id)).toBeUndefined()
  })
})

describe('refused at the reservation', () => {
  it('a payer who has not enough for amount and fee', async () => {
    const leg = await carry(lab, aTransfer({ payer: 8 }))
    expect(why(leg)).toEqual(['aborted', 'payer-insufficient-funds', '4000'])
    expect(await stateAtSwitch(lab, leg.id)).toBeUndefined()
  })

  it('a payer who is frozen after she was priced', async () => {
    await fault(lab, 'heron', { on: 'prepare', do: 'delay', ms: 3_000 })
    const id = await send(lab, aTransfer())
    await until(lab, async () => (await legOf(lab, id, 'payer')).state === 'quoted')
    await freeze(lab, 'heron', 1)
    const leg = await settle(lab, id)
    await unfreeze(lab, 'heron', 1)
    expect(why(leg)).toEqual(['aborted', 'payer-blocked', '4400'])
    await expectTold(id, why(leg))
  })

  it('a core that answers 500 to every PREPARE: given up at the expiration, no hold left', async () => {
    await fault(lab, 'heron', { on: 'prepare', do: 'error', forever: true })
    const leg = await carry(lab, aTransfer())
    expect(why(leg)).toEqual(['aborted', 'transfer-expired', '3303'])
    expect(await stateAtCore(lab, 'heron', leg.id)).toBeUndefined()
    expect(await stateAtSwitch(lab, leg.id)).toBeUndefined()
  })

  it('a no to a repeat is not a no: the first may still arrive, so it is given up and watched', async () => {
    await fault(lab, 'heron', { on: 'prepare', do: 'silence' })
    const id = await send(lab, aTransfer())
    await wait(lab, 8_000)
    await freeze(lab, 'heron', 1)
    const leg = await settle(lab, id)
    await unfreeze(lab, 'heron', 1)
    expect(why(leg)).toEqual(['aborted', 'payer-blocked', '4400'])
    expect(steps(leg)).toContain('reserve-funds unknown')
    expect(steps(leg)).not.toContain('abort-transfer done')
    expect(await stateAtSwitch(lab, id)).toBeUndefined()
  })

  it('a hold that comes after the transfer was given up is released', async () => {
    await fault(lab, 'heron', { on: 'prepare', do: 'delay', ms: 47_000, forever: true })
    const id = await send(lab, aTransfer())
    await until(lab, async () => (await legOf(lab, id, 'payer')).state === 'aborted')
    expect(await stateAtCore(lab, 'heron', id)).toBeUndefined()
    await until(lab, async () => (await stateAtCore(lab, 'heron', id)) === 'HELD')
    await until(lab, async () => (await stateAtCore(lab, 'heron', id)) === 'RELEASED')
    await wait(lab, 60_000)
    expect(why(await settle(lab, id))).toEqual(['aborted', 'transfer-expired', '3303'])
    expect(await stateAtSwitch(lab, id)).toBeUndefined()
  })
})

describe('refused at the switch', () => {
  it.each([
    ['a position beyond the net debit cap', '420000', 'payer-fsp-limit', '4200'],
    ['a position beyond the liquidity', '460000', 'payer-fsp-liquidity', '4001'],
  ])('%s: the hold is released', async (_, amount, reason, code) => {
    const order = { from: 'ibis', to: 'kingfisher', amount, currency: 'UGX' } as const
    const leg = await carry(lab, aTransfer(order))
    expect(why(leg)).toEqual(['aborted', reason, code])
    expect(await stateAtSwitch(lab, leg.id)).toBe('ABORTED')
    expect(await stateAtCore(lab, 'ibis', leg.id)).toBe('RELEASED')
    expect(steps(leg)).toContain('decide-release done')
  })

  it('a 400 to every POST: no outcome, so it is asked until 3208 proves that nothing was taken', async () => {
    await fault(lab, 'switch', { on: 'post-transfers', do: 'error', status: 400, forever: true })
    const id = await send(lab, aTransfer())
    await wait(lab, 20_000)
    expect((await legOf(lab, id, 'payer')).transferState).toBe('RESERVED')
    const leg = await settle(lab, id)
    expect(leg.state).toBe('aborted')
    expect(Date.parse(leg.timeline.at(-1)!.at)).toBeGreaterThan(Date.parse(leg.expiresAt!) + 2_000)
    expect(await stateAtCore(lab, 'heron', id)).toBe('RELEASED')
  })
})

describe('refused by the payee', () => {
  it('whose account is frozen between quote and prepare: 5400, and the hold is released', async () => {
    await fault(lab, 'heron', { on: 'prepare', do: 'delay', ms: 3_000 })
    const from = lab.network.traffic.length
    const id = await send(lab, aTransfer())
    await until(lab, async () => (await legOf(lab, id, 'payer')).state === 'quoted')
    await freeze(lab, 'weaver', 2)
    const leg = await settle(lab, id)
    await unfreeze(lab, 'weaver', 2)
    expect(why(leg)).toEqual(['aborted', 'payee-blocked', '5400'])
    expect(why(await legOf(lab, id, 'payee'))).toEqual(['aborted', 'payee-blocked', '5400'])
    expect(await stateAtSwitch(lab, id)).toBe('ABORTED')
    expect(await stateAtCore(lab, 'heron', id)).toBe('RELEASED')
    // The error was a hint: the payer asked before she released.
    expect(steps(leg)).toContain('ask-outcome asked')
    expect(sentTo(lab, 'heron', /RELEASE/, from)).toHaveLength(1)
  })

  it('whose core says nothing before the expiration: aborted, nothing credited', async () => {
    await fault(lab, 'heron', { on: 'prepare', do: 'delay', ms: 3_000 })
    const id = await send(lab, aTransfer())
    await until(lab, async () => (await legOf(lab, id, 'payer')).state === 'quoted')
    await fault(lab, 'weaver', { on: 'find-party', do: 'error', forever: true })
    const leg = await settle(lab, id)
    expect(leg.state).toBe('aborted')
    expect(await stateAtCore(lab, 'weaver', id)).toBeUndefined()
    expect(await openProblems(lab, id)).toEqual([])
  })
})
