import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { startVirtualLab, type VirtualLab } from '../support/virtual-lab.ts'
import { forge, tell, tellError } from '../support/forge.ts'
import {
  aTransfer,
  carry,
  decide,
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
  steps,
  unfreeze,
  until,
  wait,
  watchBalance,
  type Leg,
} from '../support/journey.ts'

let lab: VirtualLab
let from: number

beforeAll(async () => {
  lab = await startVirtualLab()
})
afterEach(async () => {
  for (const party of ['switch', 'heron', 'weaver'] as const) await mend(lab, party)
  await expectBooksRight(lab)
})
afterAll(() => lab.close())

/** The payee answers this transfer, and what she sent: each PUT's headers and body. */
function answersOf(id: string) {
  return lab.network.traffic
    .slice(from)
    .filter(({ url }) => url.startsWith(`${lab.switch}/transfers/${id}`))
    .map(({ request }) => request)
    .filter(({ method, headers }) => method === 'PUT' && headers['fspiop-source'] === 'weaver')
}

function asks({ timeline }: Leg): readonly string[] {
  return timeline.filter(({ step }) => step === 'ask-fulfilment').map(({ detail }) => detail)
}

async function start(): Promise<string> {
  from = lab.network.traffic.length
  return send(lab, aTransfer())
}

async function untilAtSwitch(id: string, state: string): Promise<void> {
  await until(lab, async () => (await stateAtSwitch(lab, id)) === state)
}

function expectOneAnswer(id: string, atLeast: number): void {
  const answers = answersOf(id)
  expect(answers.length).toBeGreaterThanOrEqual(atLeast)
  for (const each of answers) expect(each).toEqual(answers[0])
}

describe('"matched to its quote by condition and ilpPacket"', () => {
  const transferId = '11111111-2222-4333-8444-555555555555'

  async function prepare(changes: object, id = transferId): Promise<void> {
    const post = lab.network.traffic.find(({ url }) => url === `${lab.switch}/transfers`)
    const body = JSON.parse(Buffer.from(post!.request.bytes).toString())
    const expiration = new Date(lab.clock.now() + 20_000).toISOString()
    const message = { ...body, transferId: id, expiration, ...changes }
    const status = await forge(lab, {
      by: 'heron',
      to: 'weaver',
      method: 'POST',
      path: '/transfers',
      body: message,
    })
    expect(status).toBe(202)
    await wait(lab, 2_000)
  }

  it('a prepare whose condition no quote of ours has is refused', async () => {
    await carry(lab, aTransfer())
    await prepare({ condition: 'A'.repeat(43) })
    const [leg] = await legsOf(lab, transferId)
    expect(leg).toMatchObject({ role: 'payee', state: 'aborted', reason: 'quote-not-found' })
    expect(await stateAtCore(lab, 'weaver', transferId)).toBeUndefined()
  })

  it('a prepare of another amount than was quoted is refused', async () => {
    await carry(lab, aTransfer())
    const id = '11111111-2222-4333-8444-555555555556'
    await prepare({ amount: { amount: '900', currency: 'KES' } }, id)
    const [leg] = await legsOf(lab, id)
    expect(leg).toMatchObject({ state: 'aborted', reason: 'message-invalid' })
    expect(await stateAtCore(lab, 'weaver', id)).toBeUndefined()
  })

  it('a second prepare on one quote is never credited without the switch', async () => {
    await carry(lab, aTransfer())
    const id = '11111111-2222-4333-8444-555555555557'
    const changed = await watchBalance(lab, 'weaver', 2)
    await prepare({}, id)
    await wait(lab, 120_000)
    expect(await changed()).toBe(0)
    expect(await stateAtCore(lab, 'weaver', id)).toBeUndefined()
    const [leg] = await legsOf(lab, id)
    if (leg?.transferState !== 'ABORTED') {
      expect(await openProblems(lab, id)).toEqual(['outcome-unknowable'])
      expect(await decide(lab, id, 'release', 'payee')).toMatchObject({ status: 200 })
      await until(lab, async () => (await legOf(lab, id, 'payee')).state === 'aborted')
    }
  })
})

describe('"decided once, durably: every repeat, also after expiry, sends the stored answer, byte for byte, completedTimestamp included"', () => {
  it('a POST that comes twice', async () => {
    await fault(lab, 'switch', { on: 'post-transfers', do: 'duplicate' })
    const id = await start()
    expect(await settle(lab, id)).toMatchObject({ state: 'committed' })
    await wait(lab, 10_000)
    expectOneAnswer(id, 2)
    expect(sentTo(lab, 'weaver', /CREATE/, from)).toHaveLength(1)
  })

  it('a copy that comes after the expiration', async () => {
    await fault(lab, 'switch', { on: 'post-transfers', do: 'late-copy', ms: 45_000 })
    const id = await start()
    expect(await settle(lab, id)).toMatchObject({ state: 'committed' })
    await wait(lab, 60_000)
    expectOneAnswer(id, 2)
    expect(sentTo(lab, 'weaver', /CREATE/, from)).toHaveLength(1)
    expect(await legOf(lab, id, 'payee')).toMatchObject({ state: 'committed' })
  })

  it('a copy of what was refused is refused again, in the same words', async () => {
    await fault(lab, 'heron', { on: 'prepare', do: 'delay', ms: 4_000 })
    await fault(lab, 'switch', { on: 'post-transfers', do: 'late-copy', ms: 10_000 })
    const id = await start()
    await until(lab, async () => (await legOf(lab, id, 'payer')).state === 'quoted')
    await freeze(lab, 'weaver', 2)
    expect(await settle(lab, id)).toMatchObject({ state: 'aborted', reason: 'payee-blocked' })
    await unfreeze(lab, 'weaver', 2)
    await wait(lab, 20_000)
    expectOneAnswer(id, 2)
    expect(await stateAtCore(lab, 'weaver', id)).toBeUndefined()
  })
})

describe('"PUT RESERVED, PATCH, or a timer: the PUT again, then GET"', () => {
  it('the PATCH was lost: the PUT again gets the answer', async () => {
    await fault(lab, 'switch', { on: 'patch-transfers', do: 'silence', forever: true })
    const id = await start()
    await settle(lab, id)
    const leg = await legOf(lab, id, 'payee')
    expect(leg.state).toBe('committed')
    expect(asks(leg)).toEqual(['the same PUT again'])
    expectOneAnswer(id, 2)
  })

  it('its answer was lost too: GET gets it', async () => {
    await fault(lab, 'switch', { on: 'patch-transfers', do: 'silence', forever: true })
    await fault(lab, 'switch', { on: 'put-transfers-callback', do: 'silence', times: 3 })
    const id = await start()
    await settle(lab, id)
    const leg = await legOf(lab, id, 'payee')
    expect(leg.state).toBe('committed')
    expect(asks(leg).slice(0, 2)).toEqual(['the same PUT again', 'GET'])
  })

  it('the PUT was lost: it is sent again in time', async () => {
    await fault(lab, 'switch', { on: 'put-transfers', do: 'silence' })
    const id = await start()
    expect(await settle(lab, id)).toMatchObject({ state: 'committed' })
    expectOneAnswer(id, 2)
  })

  it('the switch cannot be reached for a while', async () => {
    await fault(lab, 'switch', { on: 'put-transfers', do: 'error', status: 503, times: 2 })
    const id = await start()
    expect(await settle(lab, id)).toMatchObject({ state: 'committed' })
    expectOneAnswer(id, 3)
  })
})

describe('"COMMITTED: credit"', () => {
  it('told by nobody but the switch', async () => {
    await fault(lab, 'switch', { on: 'put-transfers', do: 'silence', forever: true })
    const id = await start()
    await untilAtSwitch(id, 'RESERVED')
    await wait(lab, 500)
    await tell(lab, id, { state: 'COMMITTED', by: 'heron', to: 'weaver' })
    await wait(lab, 10_000)
    expect(await stateAtCore(lab, 'weaver', id)).toBeUndefined()
    expect(await settle(lab, id)).toMatchObject({ state: 'aborted' })
  })

  it('told twice, it is credited once', async () => {
    await fault(lab, 'switch', { on: 'patch-transfers', do: 'duplicate' })
    const id = await start()
    expect(await settle(lab, id)).toMatchObject({ state: 'committed' })
    await wait(lab, 5_000)
    expect(sentTo(lab, 'weaver', /CREATE/, from)).toHaveLength(1)
    expect(await legOf(lab, id, 'payee')).toMatchObject({ state: 'committed' })
  })
})

describe('"ABORTED, from PATCH or GET only: drop"', () => {
  it("the payee's answer comes after the expiration", async () => {
    await fault(lab, 'switch', { on: 'put-transfers', do: 'delay', ms: 40_000, forever: true })
    const id = await start()
    const leg = await settle(lab, id)
    expect(leg).toMatchObject({ state: 'aborted', reason: 'transfer-expired' })
    expect(await legOf(lab, id, 'payee')).toMatchObject({ state: 'aborted' })
    expect(steps(await legOf(lab, id, 'payee'))).toContain('drop-transfer done')
    expect(await stateAtCore(lab, 'weaver', id)).toBeUndefined()
    expect(await stateAtSwitch(lab, id)).toBe('ABORTED')
  })

  it('nothing of hers ever comes, and the sweep tells it', async () => {
    await fault(lab, 'switch', { on: 'put-transfers', do: 'silence', forever: true })
    const id = await start()
    await settle(lab, id)
    expect(await legOf(lab, id, 'payee')).toMatchObject({ state: 'aborted' })
    expect(await stateAtCore(lab, 'weaver', id)).toBeUndefined()
  })
})

describe('"An error callback, or 400 to the PUT, means GET"', () => {
  it('an error callback drops nothing', async () => {
    await fault(lab, 'switch', { on: 'put-transfers', do: 'delay', ms: 7_000, forever: true })
    const id = await start()
    await untilAtSwitch(id, 'RESERVED')
    await until(lab, async () => (await legsOf(lab, id)).length === 2)
    await tellError(lab, id, { code: '3100', words: 'non-RESERVED transfer state', to: 'weaver' })
    await wait(lab, 1_000)
    const leg = await legOf(lab, id, 'payee')
    expect(leg.transferState).toBe('RESERVED')
    expect(asks(leg)[0]).toBe('GET')
    expect(await settle(lab, id)).toMatchObject({ state: 'committed' })
  })

  it('400 to the PUT', async () => {
    await fault(lab, 'switch', { on: 'put-transfers', do: 'error', status: 400 })
    const id = await start()
    await until(lab, async () => (await legsOf(lab, id)).length === 2)
    await until(lab, async () => asks(await legOf(lab, id, 'payee')).length > 0)
    expect(asks(await legOf(lab, id, 'payee'))[0]).toBe('GET')
    expect(await settle(lab, id)).toMatchObject({ state: 'committed' })
  })

  it('400 to every PUT: the switch gives it up, and the payee hears so', async () => {
    await fault(lab, 'switch', { on: 'put-transfers', do: 'error', status: 400, forever: true })
    const id = await start()
    expect(await settle(lab, id)).toMatchObject({ state: 'aborted' })
    expect(await legOf(lab, id, 'payee')).toMatchObject({ state: 'aborted' })
  })
})

describe('"3208 to a payee\'s GET: ask again; past expiration + skew, a person; never credit"', () => {
  async function muted(): Promise<string> {
    await fault(lab, 'switch', { on: 'patch-transfers', do: 'silence', forever: true })
    await fault(lab, 'switch', { on: 'put-transfers', do: 'silence', forever: true })
    await fault(lab, 'switch', { on: 'put-transfers-callback', do: 'silence', forever: true })
    await fault(lab, 'switch', { on: 'get-transfers', do: 'silence', forever: true })
    const id = await start()
    await until(lab, async () => (await legsOf(lab, id)).length === 2)
    return id
  }

  it('before the expiration it is asked again', async () => {
    const id = await muted()
    const asked = asks(await legOf(lab, id, 'payee')).length
    await tellError(lab, id, { code: '3208', to: 'weaver' })
    await wait(lab, 6_000)
    const leg = await legOf(lab, id, 'payee')
    expect(leg.transferState).toBe('RESERVED')
    expect(asks(leg).length).toBeGreaterThan(asked)
    expect(await openProblems(lab, id)).toEqual([])
    await mend(lab, 'switch')
    await settle(lab, id)
  })

  it('past expiration and skew a person is asked, nothing credited; the switch still may tell', async () => {
    const id = await muted()
    await wait(lab, 40_000)
    await tellError(lab, id, { code: '3208', to: 'weaver' })
    await until(lab, async () => (await openProblems(lab, id)).length > 0)
    expect(await openProblems(lab, id)).toEqual(['outcome-unknowable'])
    expect(await stateAtCore(lab, 'weaver', id)).toBeUndefined()
    await mend(lab, 'switch')
    await settle(lab, id)
    expect(await legOf(lab, id, 'payee')).toMatchObject({ state: 'aborted' })
    expect(await openProblems(lab, id)).toEqual([])
  })

  it('the person decides, with the word of the switch by telephone', async () => {
    const id = await muted()
    await wait(lab, 40_000)
    await tellError(lab, id, { code: '3208', to: 'weaver' })
    await until(lab, async () => (await openProblems(lab, id)).length > 0)
    expect(await decide(lab, id, 'release', 'payee')).toMatchObject({ status: 200 })
    await until(lab, async () => (await legOf(lab, id, 'payee')).state === 'aborted')
    expect(await decide(lab, id, 'commit', 'payee')).toMatchObject({ status: 409 })
    await mend(lab, 'switch')
    expect(await settle(lab, id)).toMatchObject({ state: 'aborted' })
  })
})
