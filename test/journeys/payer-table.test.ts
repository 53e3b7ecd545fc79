import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { startVirtualLab, type VirtualLab } from '../support/virtual-lab.ts'
import { tell, tellError } from '../support/forge.ts'
import {
  aTransfer,
  carry,
  decide,
  expectAbout,
  expectBooksRight,
  fault,
  hostOf,
  legOf,
  mend,
  openProblems,
  send,
  sentTo,
  settle,
  stateAtCore,
  stateAtSwitch,
  steps,
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

/** How the payer asked, in order. */
function asks({ timeline }: Leg): readonly string[] {
  return timeline.filter(({ step }) => step === 'ask-outcome').map(({ detail }) => detail)
}

function askTimes({ timeline }: Leg): readonly number[] {
  return timeline.filter(({ step }) => step === 'ask-outcome').map(({ at }) => Date.parse(at))
}

/** The switch tells the payer nothing by itself, nor when asked. */
async function muteSwitch(): Promise<void> {
  await fault(lab, 'switch', { on: 'put-transfers-callback', do: 'silence', forever: true })
  await fault(lab, 'switch', { on: 'get-transfers', do: 'silence', forever: true })
}

async function untilAtSwitch(id: string, state: string): Promise<void> {
  await until(lab, async () => (await stateAtSwitch(lab, id)) === state)
}

const sillyFulfilment = 'A'.repeat(43)

describe('"COMMITTED, fulfilment fits the condition: decide commit"', () => {
  it("from the switch's own PUT", async () => {
    const leg = await carry(lab, aTransfer())
    expect(leg.state).toBe('committed')
    expect(asks(leg)).toEqual([])
  })

  it('from the answer to the same POST again, when the PUT was lost', async () => {
    await fault(lab, 'switch', { on: 'put-transfers-callback', do: 'silence' })
    const leg = await carry(lab, aTransfer())
    expect(leg.state).toBe('committed')
    expect(asks(leg)).toEqual(['the same POST again'])
  })

  it('from GET, when everything until the expiration was lost', async () => {
    await fault(lab, 'switch', { on: 'put-transfers-callback', do: 'silence', forever: true })
    const leg = await carry(lab, aTransfer())
    expect(leg.state).toBe('committed')
    expect(asks(leg).at(-1)).toBe('GET')
    expect(asks(leg).filter((how) => how === 'GET')).toHaveLength(1)
  })

  it('not from anybody but the switch, however well the fulfilment fits', async () => {
    // The payee knows the fulfilment before the switch has committed anything.
    await fault(lab, 'switch', { on: 'put-transfers', do: 'silence', forever: true })
    const from = lab.network.traffic.length
    const id = await send(lab, aTransfer())
    await wait(lab, 2_000)
    const put = lab.network.traffic
      .slice(from)
      .find(({ request }) => request.method === 'PUT' && request.path === `/transfers/${id}`)
    const { fulfilment } = JSON.parse(Buffer.from(put!.request.bytes).toString())
    await tell(lab, id, { state: 'COMMITTED', fulfilment, by: 'weaver' })
    const leg = await settle(lab, id)
    expect(await stateAtSwitch(lab, id)).toBe('ABORTED')
    expect(leg.state).toBe('aborted')
  })
})

describe('"COMMITTED, fulfilment missing or wrong: ask again; then dispute, hold kept, a person"', () => {
  async function disputed(fulfilment?: string): Promise<string> {
    await muteSwitch()
    const id = await send(lab, aTransfer())
    await untilAtSwitch(id, 'COMMITTED')
    const told = { state: 'COMMITTED', ...(fulfilment === undefined ? {} : { fulfilment }) }
    await tell(lab, id, told)
    await wait(lab, 500)
    expect(await openProblems(lab, id)).toEqual([])
    await until(lab, async () => asks(await legOf(lab, id, 'payer')).length > 0)
    await tell(lab, id, told)
    await until(lab, async () => (await openProblems(lab, id)).includes('outcome-disputed'))
    expect((await legOf(lab, id, 'payer')).transferState).toBe('RESERVED')
    expect(await stateAtCore(lab, 'heron', id)).toBe('HELD')
    return id
  }

  it.each([
    ['missing', undefined],
    ['wrong', sillyFulfilment],
  ])('%s: the person decides to commit, for the payee was paid', async (_, fulfilment) => {
    const changed = await watchBalance(lab, 'heron', 1)
    const id = await disputed(fulfilment)
    expect(await decide(lab, id, 'commit')).toMatchObject({ status: 200 })
    expect(await settle(lab, id)).toMatchObject({ state: 'committed', decision: 'commit' })
    expect(await openProblems(lab, id)).toEqual([])
    expect(await changed()).toBe(-10_050 - 550)
  })

  it('the switch is asked all the while, and its right answer ends the dispute', async () => {
    const id = await disputed()
    await mend(lab, 'switch')
    expect(await settle(lab, id)).toMatchObject({ state: 'committed' })
    expect(await openProblems(lab, id)).toEqual([])
  })
})

describe('"ABORTED: decide release"', () => {
  it('said by GET, after the sweep: the error callback alone releases nothing', async () => {
    await fault(lab, 'switch', { on: 'put-transfers', do: 'silence', forever: true })
    const id = await send(lab, aTransfer())
    await untilAtSwitch(id, 'ABORTED')
    const leg = await settle(lab, id)
    expect(leg).toMatchObject({ state: 'aborted', reason: 'transfer-expired' })
    expect(leg.errorInformation?.errorCode).toBe('3303')
    expect(asks(leg).at(-1)).toBe('GET')
    expect(await stateAtCore(lab, 'heron', id)).toBe('RELEASED')
  })

  it('said by anybody but the switch, it is a hint to ask', async () => {
    await fault(lab, 'switch', { on: 'put-transfers', do: 'delay', ms: 8_000, forever: true })
    const id = await send(lab, aTransfer())
    await untilAtSwitch(id, 'RESERVED')
    await tell(lab, id, { state: 'ABORTED', by: 'kingfisher' })
    expect(await settle(lab, id)).toMatchObject({ state: 'committed' })
  })
})

describe('"RECEIVED, RESERVED (in any callback), or no answer, or any error but 3208: not an answer: the wait stays open, ask again with back-off"', () => {
  it('RESERVED, again and again, until it is COMMITTED', async () => {
    await fault(lab, 'switch', { on: 'put-transfers', do: 'delay', ms: 20_000, forever: true })
    const leg = await carry(lab, aTransfer())
    expect(leg.state).toBe('committed')
    expect(asks(leg).length).toBeGreaterThan(2)
    const told = leg.timeline.filter(({ step }) => step === 'transfer-answered')
    expect(told.map(({ detail }) => detail)).toContain('RESERVED')
    const times = askTimes(leg)
    const gaps = times.slice(1).map((at, n) => at - times[n]!)
    for (const [n, ms] of [1_000, 2_000, 4_000].entries()) expectAbout(lab, gaps[n], ms)
  })

  it('RECEIVED', async () => {
    await fault(lab, 'switch', { on: 'put-transfers', do: 'delay', ms: 5_000, forever: true })
    const id = await send(lab, aTransfer())
    await untilAtSwitch(id, 'RESERVED')
    await tell(lab, id, { state: 'RECEIVED' })
    expect(await settle(lab, id)).toMatchObject({ state: 'committed' })
  })

  it('no answer to POST nor GET, until one comes minutes later', async () => {
    await muteSwitch()
    const id = await send(lab, aTransfer())
    await untilAtSwitch(id, 'COMMITTED')
    await wait(lab, 240_000)
    const waiting = await legOf(lab, id, 'payer')
    expect(waiting).toMatchObject({ state: 'unknown', transferState: 'RESERVED' })
    expect(await stateAtCore(lab, 'heron', id)).toBe('HELD')
    await mend(lab, 'switch')
    const leg = await settle(lab, id)
    expect(leg.state).toBe('committed')
    const times = askTimes(leg)
    expectAbout(lab, Math.max(...times.slice(1).map((at, n) => at - times[n]!)), 60_000)
  })

  it('an error while it is RESERVED', async () => {
    await fault(lab, 'switch', { on: 'post-transfers', do: 'error-while-reserved' })
    await fault(lab, 'switch', { on: 'put-transfers', do: 'delay', ms: 6_000, forever: true })
    const leg = await carry(lab, aTransfer())
    expect(leg).toMatchObject({ state: 'committed' })
    expect(leg.reason).toBeUndefined()
    expect(asks(leg).length).toBeGreaterThan(0)
  })

  it('an error to GET', async () => {
    await fault(lab, 'switch', { on: 'put-transfers-callback', do: 'silence', forever: true })
    await fault(lab, 'switch', { on: 'get-transfers', do: 'error', times: 3 })
    const leg = await carry(lab, aTransfer())
    expect(leg.state).toBe('committed')
    expect(asks(leg).filter((how) => how === 'GET').length).toBeGreaterThanOrEqual(3)
  })
})

describe('"3208 not found: decide release, only if now > expiration + clockSkewMsMax and the answer\'s Date is later than the expiration"', () => {
  it('a switch that never took the POST', async () => {
    await fault(lab, 'switch', { on: 'post-transfers', do: 'silence', forever: true })
    const id = await send(lab, aTransfer())
    const leg = await settle(lab, id)
    expect(leg).toMatchObject({ state: 'aborted', reason: 'transfer-expired' })
    expect(asks(leg).at(-1)).toBe('GET')
    expect(await stateAtSwitch(lab, id)).toBeUndefined()
    expect(await stateAtCore(lab, 'heron', id)).toBe('RELEASED')
    const released = Date.parse(leg.timeline.find(({ step }) => step === 'decide-release')!.at)
    expect(released).toBeGreaterThan(Date.parse(leg.expiresAt!) + 2_000)
  })

  it('"earlier it proves nothing"', async () => {
    await fault(lab, 'switch', { on: 'put-transfers', do: 'delay', ms: 12_000, forever: true })
    const id = await send(lab, aTransfer())
    await untilAtSwitch(id, 'RESERVED')
    await tellError(lab, id, { code: '3208' })
    // A Date of the far future, before the hub's own clock has passed the expiration.
    await tellError(lab, id, { code: '3208', at: lab.clock.now() + 3_600_000 })
    const leg = await settle(lab, id)
    expect(leg.state).toBe('committed')
    expect(steps(leg)).not.toContain('decide-release done')
  })

  it('a Date before the expiration proves nothing, however late it comes', async () => {
    await muteSwitch()
    const id = await send(lab, aTransfer())
    await untilAtSwitch(id, 'COMMITTED')
    const sentAt = lab.clock.now()
    await wait(lab, 50_000)
    await tellError(lab, id, { code: '3208', at: sentAt })
    await wait(lab, 5_000)
    expect((await legOf(lab, id, 'payer')).transferState).toBe('RESERVED')
    await mend(lab, 'switch')
    expect(await settle(lab, id)).toMatchObject({ state: 'committed' })
  })

  it('said by anybody but the switch, it proves nothing', async () => {
    await muteSwitch()
    const id = await send(lab, aTransfer())
    await untilAtSwitch(id, 'COMMITTED')
    await wait(lab, 50_000)
    await tellError(lab, id, { code: '3208', by: 'ibis' })
    await wait(lab, 5_000)
    expect((await legOf(lab, id, 'payer')).transferState).toBe('RESERVED')
    await mend(lab, 'switch')
    expect(await settle(lab, id)).toMatchObject({ state: 'committed' })
  })
})

describe('"any error to a repeated POST (3106, 3100 expired …): not an outcome: ask"', () => {
  it.each([
    ['3106', 'the transferId was used before'],
    ['3100', 'the transfer has expired'],
    ['3303', 'expired'],
    ['4001', 'no liquidity'],
  ])('%s', async (code, words) => {
    await fault(lab, 'switch', { on: 'put-transfers', do: 'delay', ms: 12_000, forever: true })
    const id = await send(lab, aTransfer())
    await untilAtSwitch(id, 'RESERVED')
    await until(lab, async () => asks(await legOf(lab, id, 'payer')).length > 0)
    const asked = asks(await legOf(lab, id, 'payer')).length
    await tellError(lab, id, { code, words })
    await wait(lab, 5_000)
    const leg = await legOf(lab, id, 'payer')
    expect(leg.transferState).toBe('RESERVED')
    expect(asks(leg).length).toBeGreaterThan(asked)
    expect(await settle(lab, id)).toMatchObject({ state: 'committed' })
  })
})

describe('"Until expiration the payer asks by sending the same POST again, byte for byte; after it, only by GET"', () => {
  it('all POSTs of a transfer are the same bytes, headers and signature included', async () => {
    await fault(lab, 'switch', { on: 'put-transfers-callback', do: 'silence', forever: true })
    const from = lab.network.traffic.length
    const { id } = await carry(lab, aTransfer())
    const posts = lab.network.traffic
      .slice(from)
      .filter(({ url }) => url === `${lab.switch}/transfers`)
      .map(({ request }) => request)
      .filter(({ bytes }) => Buffer.from(bytes).toString().includes(id))
    expect(posts.length).toBeGreaterThan(2)
    for (const each of posts) expect(each).toEqual(posts[0])
  })

  it('no POST leaves after the expiration', async () => {
    await fault(lab, 'switch', { on: 'post-transfers', do: 'silence', forever: true })
    const id = await send(lab, aTransfer())
    await until(lab, async () => (await legOf(lab, id, 'payer')).expiresAt !== undefined)
    const expiresAt = Date.parse((await legOf(lab, id, 'payer')).expiresAt!)
    await wait(lab, expiresAt - lab.clock.now())
    const from = lab.network.traffic.length
    await settle(lab, id)
    expect(sentTo(lab, 'switch', /^POST \/transfers/, from)).toEqual([])
    expect(sentTo(lab, 'switch', /^GET \/transfers/, from).length).toBeGreaterThan(0)
  })

  it('an attempt known unsent is released', async () => {
    await fault(lab, 'heron', { on: 'prepare', do: 'delay', ms: 2_000 })
    const id = await send(lab, aTransfer())
    await until(lab, async () => (await legOf(lab, id, 'payer')).state === 'quoted')
    lab.network.cut(hostOf(lab, 'switch'))
    const leg = await settle(lab, id)
    lab.network.restore(hostOf(lab, 'switch'))
    expect(leg).toMatchObject({ state: 'aborted', reason: 'transfer-expired' })
    expect(asks(leg)).toEqual([])
    expect(await stateAtSwitch(lab, id)).toBeUndefined()
    expect(await stateAtCore(lab, 'heron', id)).toBe('RELEASED')
  })

  it('a POST whose answer was lost may have arrived: it is asked about', async () => {
    await fault(lab, 'switch', { on: 'post-transfers', do: 'error', status: 503, times: 1 })
    const leg = await carry(lab, aTransfer())
    expect(leg.state).toBe('committed')
    expect(asks(leg)[0]).toBe('the same POST again')
  })
})
