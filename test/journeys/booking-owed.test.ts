import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { startVirtualLab, type VirtualLab } from '../support/virtual-lab.ts'
import { tell } from '../support/forge.ts'
import {
  aTransfer,
  ask,
  balanceOf,
  carry,
  decide,
  expectBooksRight,
  fault,
  freeze,
  legOf,
  legsOf,
  mend,
  msisdnOf,
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

beforeAll(async () => {
  lab = await startVirtualLab()
})
afterEach(async () => {
  for (const party of ['switch', 'heron', 'weaver'] as const) await mend(lab, party)
  await expectBooksRight(lab)
})
afterAll(() => lab.close())

async function untilState(id: string, role: Leg['role'], state: string): Promise<void> {
  await until(lab, async () =>
    (await legsOf(lab, id)).some((leg) => leg.role === role && leg.state === state),
  )
}

/** Sends a transfer and freezes one side's customer when the scheme is about to commit it. */
async function sendAndFreeze(role: Leg['role']): Promise<string> {
  await fault(lab, 'switch', { on: 'put-transfers', do: 'delay', ms: 2_000 })
  const id = await send(lab, aTransfer())
  await untilState(id, role, 'reserved')
  await (role === 'payer' ? freeze(lab, 'heron', 1) : freeze(lab, 'weaver', 2))
  await untilState(id, role, 'booking-owed')
  expect(await stateAtSwitch(lab, id)).toBe('COMMITTED')
  return id
}

describe.each([
  { role: 'payer', bank: 'heron', n: 1, moved: -10_050 - 550 },
  { role: 'payee', bank: 'weaver', n: 2, moved: 10_050 },
] as const)("the $role's core refuses its leg after the switch has committed", (side) => {
  const { role, bank, n, moved } = side

  it('it is booking owed: COMMITTED to the client, open for a person, counted in the books', async () => {
    const id = await sendAndFreeze(role)
    expect(await legOf(lab, id, role)).toMatchObject({ transferState: 'COMMITTED' })
    await settle(lab, id)
    expect(await status(lab, id)).toMatchObject({ transferState: 'COMMITTED' })
    expect(await openProblems(lab, id)).toEqual(['booking-owed'])
    await expectBooksRight(lab)
    await unfreeze(lab, bank, n)
    await untilState(id, role, 'committed')
  })

  it('the core is asked again and again, and books it once the account is free', async () => {
    const changed = await watchBalance(lab, bank, n)
    const id = await sendAndFreeze(role)
    await wait(lab, 120_000)
    expect((await legOf(lab, id, role)).state).toBe('booking-owed')
    await unfreeze(lab, bank, n)
    await until(lab, async () => (await legOf(lab, id, role)).state === 'committed', {
      maxVirtualMs: 10_000,
    })
    expect(await openProblems(lab, id)).toEqual([])
    expect(await changed()).toBe(moved)
    expect(await stateAtCore(lab, bank, id)).toBe('COMMITTED')
  })

  it('a person puts it into suspense; a later booking reverses that', async () => {
    const changed = await watchBalance(lab, bank, n)
    const id = await sendAndFreeze(role)
    expect(await decide(lab, id, 'suspense', role)).toMatchObject({ status: 200 })
    await until(lab, async () => (await legOf(lab, id, role)).inSuspense === true)
    expect((await legOf(lab, id, role)).state).toBe('booking-owed')
    await settle(lab, id)
    await expectBooksRight(lab)
    await unfreeze(lab, bank, n)
    await untilState(id, role, 'committed')
    const leg = await legOf(lab, id, role)
    expect(leg.inSuspense).not.toBe(true)
    expect(steps(leg)).toContain('suspend done')
    expect(steps(leg)).toContain('unsuspend done')
    expect(await changed()).toBe(moved)
    expect(await openProblems(lab, id)).toEqual([])
  })

  it('suspense waits until no earlier request can still book', async () => {
    const operation = role === 'payer' ? 'create-payer' : 'create-payee'
    await fault(lab, bank, { on: operation, do: 'silence' })
    const id = await send(lab, aTransfer())
    await untilState(id, role, 'commit-decided')
    const calledAt = lab.clock.now()
    await freeze(lab, bank, n)
    await untilState(id, role, 'booking-owed')
    expect(await decide(lab, id, 'suspense', role)).toMatchObject({ status: 200 })
    await until(lab, async () => (await legOf(lab, id, role)).inSuspense === true)
    expect(lab.clock.now() - calledAt).toBeGreaterThan(29_000)
    await unfreeze(lab, bank, n)
    await untilState(id, role, 'committed')
    expect((await legOf(lab, id, role)).inSuspense).not.toBe(true)
  })

  it('it is never aborted by a person', async () => {
    const id = await sendAndFreeze(role)
    expect(await decide(lab, id, 'release', role)).toMatchObject({ status: 409 })
    await unfreeze(lab, bank, n)
    await untilState(id, role, 'committed')
  })
})

describe.each([
  { role: 'payer', bank: 'heron', on: 'create-payer', n: 1, moved: -10_050 - 550 },
  { role: 'payee', bank: 'weaver', on: 'create-payee', n: 2, moved: 10_050 },
] as const)("the $role's core does not answer to CREATE", ({ role, bank, on, n, moved }) => {
  it.each([
    ['done, and never answered', { do: 'commit-then-hang' }],
    ['never done, never answered', { do: 'silence' }],
    ['500', { do: 'error', status: 500, times: 3 }],
    ['429', { do: 'error', status: 429, times: 3 }],
    ['409', { do: 'error', status: 409, times: 2 }],
    ['200 with rollbackTransaction', { do: 'not-approved', times: 2 }],
    ['slower than the hub waits', { do: 'delay', ms: 25_000 }],
  ] as const)('%s: asked, and booked once', async (_, broken) => {
    const changed = await watchBalance(lab, bank, n)
    await fault(lab, bank, { on, ...broken })
    const id = await send(lab, aTransfer())
    expect(await settle(lab, id)).toMatchObject({ state: 'committed' })
    await wait(lab, 60_000)
    expect(await legOf(lab, id, role)).toMatchObject({ state: 'committed' })
    expect(await changed()).toBe(moved)
    expect(await openProblems(lab, id)).toEqual([])
  })
})

describe("the payer's core does not answer to PREPARE", () => {
  it.each([
    ['held, and never answered: found held when asked', { do: 'commit-then-hang' }],
    ['never done, never answered', { do: 'silence' }],
    ['503, then up again', { do: 'error', status: 503, times: 2 }],
    ['200 with rollbackTransaction', { do: 'not-approved' }],
    ['slower than the hub waits', { do: 'delay', ms: 12_000 }],
  ] as const)('%s', async (_, broken) => {
    const changed = await watchBalance(lab, 'heron', 1)
    await fault(lab, 'heron', { on: 'prepare', ...broken })
    const leg = await carry(lab, aTransfer())
    expect(leg.state).toBe('committed')
    await wait(lab, 30_000)
    expect(await changed()).toBe(-10_050 - 550)
  })
})

describe("the payer's core does not answer to RELEASE", () => {
  it.each([
    ['done, and never answered', { do: 'commit-then-hang' }],
    ['500', { do: 'error', times: 3 }],
    ['slower than the hub waits', { do: 'delay', ms: 12_000 }],
  ] as const)('%s: released once', async (_, broken) => {
    const changed = await watchBalance(lab, 'ibis', 2, 'UGX')
    await fault(lab, 'ibis', { on: 'release', ...broken })
    const order = { from: 'ibis', payer: 2, to: 'kingfisher', amount: '420000' } as const
    const leg = await carry(lab, aTransfer({ ...order, currency: 'UGX' }))
    await mend(lab, 'ibis')
    expect(leg).toMatchObject({ state: 'aborted', reason: 'payer-fsp-limit' })
    expect(await changed()).toBe(0)
    expect(await stateAtCore(lab, 'ibis', leg.id)).toBe('RELEASED')
  })

  it('refused, for the account is frozen: released when it is free', async () => {
    const id = await sendToLimit()
    await wait(lab, 60_000)
    expect((await legOf(lab, id, 'payer')).state).toBe('release-decided')
    expect(await openProblems(lab, id)).toEqual(['incident'])
    await unfreeze(lab, 'ibis', 3)
    expect(await settle(lab, id)).toMatchObject({ state: 'aborted', reason: 'payer-fsp-limit' })
    expect(await openProblems(lab, id)).toEqual([])
    expect((await balanceOf(lab, 'ibis', 3, 'UGX')).held).toBe('0')
  })

  async function sendToLimit(): Promise<string> {
    await fault(lab, 'switch', { on: 'post-transfers', do: 'delay', ms: 2_000, forever: true })
    const order = { from: 'ibis', payer: 3, to: 'kingfisher', amount: '420000' } as const
    const id = await send(lab, aTransfer({ ...order, currency: 'UGX' }))
    await untilState(id, 'payer', 'reserved')
    await freeze(lab, 'ibis', 3)
    await until(lab, async () => (await stateAtSwitch(lab, id)) === 'ABORTED')
    return id
  }
})

describe('within one bank', () => {
  const within = { from: 'heron', payer: 3, to: 'heron', payee: 4 } as const

  it("the payee's account is frozen in the middle: the payer has her money back", async () => {
    const payer = await watchBalance(lab, 'heron', 3)
    await fault(lab, 'heron', { on: 'prepare', do: 'delay', ms: 2_000 })
    const id = await send(lab, aTransfer(within))
    await untilState(id, 'payer', 'quoted')
    await freeze(lab, 'heron', 4)
    const leg = await settle(lab, id)
    await unfreeze(lab, 'heron', 4)
    expect(leg).toMatchObject({ state: 'aborted', reason: 'payee-blocked' })
    expect(leg.errorInformation?.errorCode).toBe('5400')
    expect(await payer()).toBe(0)
  })

  it('the credit is done and never answered: found, and booked once', async () => {
    const payee = await watchBalance(lab, 'heron', 4)
    await fault(lab, 'heron', { on: 'create-payee', do: 'commit-then-hang' })
    expect(await carry(lab, aTransfer(within))).toMatchObject({ state: 'committed' })
    expect(await payee()).toBe(10_050)
  })

  it('the payer is frozen after the payee was credited: booking owed, then booked', async () => {
    await fault(lab, 'heron', { on: 'create-payer', do: 'delay', ms: 2_000 })
    const id = await send(lab, aTransfer(within))
    await untilState(id, 'payer', 'commit-decided')
    await freeze(lab, 'heron', 3)
    await untilState(id, 'payer', 'booking-owed')
    await expectBooksRight(lab)
    await unfreeze(lab, 'heron', 3)
    await untilState(id, 'payer', 'committed')
  })
})

describe('"COMMITTED reaching a transfer whose release is decided is an open problem for a person, never a CREATE"', () => {
  it('stands in the list of problems, and no money moves', async () => {
    const from = lab.network.traffic.length
    await fault(lab, 'switch', { on: 'post-transfers', do: 'silence', forever: true })
    const leg = await carry(lab, aTransfer())
    expect(leg.state).toBe('aborted')
    const told = { state: 'COMMITTED', fulfilment: 'A'.repeat(43) }
    await tell(lab, leg.id, { ...told, by: 'weaver' })
    expect(await openProblems(lab, leg.id)).toEqual([])
    await tell(lab, leg.id, told)
    await wait(lab, 60_000)
    expect(await openProblems(lab, leg.id)).toEqual(['committed-after-release'])
    expect(await legOf(lab, leg.id, 'payer')).toMatchObject({ state: 'aborted' })
    expect(sentTo(lab, 'heron', /CREATE/, from)).toEqual([])
    expect(await decide(lab, leg.id, 'commit')).toMatchObject({ status: 409 })
    expect(msisdnOf('heron', 1)).toBe('254710000001')
    expect((await ask(lab, { method: 'GET', url: `${lab.hub}/health/ready` })).status).toBe(200)
  })
})
