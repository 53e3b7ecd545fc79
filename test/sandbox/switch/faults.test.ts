import { beforeEach, describe, expect, it } from '@jest/globals'
import {
  anId,
  aPrepare,
  aWorld,
  errorOf,
  fulfil,
  fulfilment,
  reserve,
  type World,
} from './support.ts'

let world: World
beforeEach(async () => {
  world = await aWorld()
})

async function fault(on: string, kind: string, more: Record<string, unknown> = {}): Promise<void> {
  const answer = await world.call('PUT', '/lab/faults', { on, do: kind, times: 1, ...more })
  expect(answer.status).toBe(200)
}

async function stateOf(transferId: string): Promise<string | undefined> {
  const { body } = await world.call('GET', '/lab/books')
  return body.transfers.find((each: any) => each.transferId === transferId)?.state
}

function statesAt(fsp: 'heron' | 'weaver'): readonly string[] {
  return world[fsp]
    .callbacks('/transfers/')
    .map(({ body }) => body.transferState ?? body.errorInformation.errorCode)
}

/** heron sends this very POST (again). */
async function post(body: unknown): Promise<void> {
  await world.heron.send('POST', '/transfers', { to: 'weaver', body })
  await world.settle()
}

describe('the promise that duplicates are recognised first', () => {
  it('is kept: a late repeat of a COMMITTED transfer is answered COMMITTED', async () => {
    const body = aPrepare(world)
    await post(body)
    await fulfil(world, anId(1))
    await world.clock.advance(40_000)
    await post(body)
    expect(statesAt('heron')).toEqual(['COMMITTED', 'COMMITTED'])
  })

  it('is broken by duplicates-last: the late repeat is 3303, and the row still COMMITTED', async () => {
    const body = aPrepare(world)
    await post(body)
    await fulfil(world, anId(1))
    await fault('post-transfers', 'duplicates-last')
    await post(body)
    expect(statesAt('heron')).toEqual(['COMMITTED', 'COMMITTED'])
    await world.clock.advance(40_000)
    await post(body)
    expect(statesAt('heron')).toEqual(['COMMITTED', 'COMMITTED', '3303'])
    expect(await stateOf(anId(1))).toBe('COMMITTED')
  })
})

describe('the promise that expiration is judged when the row is written', () => {
  it('is broken for POST by delay: RESERVED after the expiration that was checked on arrival', async () => {
    world = await aWorld({ sweepMs: 100_000 })
    await fault('post-transfers', 'delay', { ms: 40_000 })
    await reserve(world)
    expect(await stateOf(anId(1))).toBeUndefined()
    await world.clock.advance(40_000)
    expect(await stateOf(anId(1))).toBe('RESERVED')
  })

  it('is broken for PUT by delay: COMMITTED after it', async () => {
    world = await aWorld({ sweepMs: 100_000 })
    await reserve(world)
    await fault('put-transfers', 'delay', { ms: 40_000 })
    await fulfil(world, anId(1))
    await world.clock.advance(40_000)
    expect(await stateOf(anId(1))).toBe('COMMITTED')
  })
})

describe('the promise that what was accepted is stored', () => {
  it('is broken by silence: 202, and nothing is known of it', async () => {
    await fault('post-transfers', 'silence')
    const answer = await world.heron.send('POST', '/transfers', {
      to: 'weaver',
      body: aPrepare(world),
    })
    expect(answer.status).toBe(202)
    await world.heron.send('GET', `/transfers/${anId(1)}`)
    await world.settle()
    expect(statesAt('heron')).toEqual(['3208'])
    expect(world.weaver.received).toHaveLength(0)
  })

  it('is not given when the answer is an error: nothing was done', async () => {
    await fault('post-transfers', 'error', { status: 503 })
    const answer = await world.heron.send('POST', '/transfers', {
      to: 'weaver',
      body: aPrepare(world),
    })
    expect([answer.status, errorOf(answer)]).toEqual([503, '2001'])
    await fault('post-transfers', 'error')
    await post(aPrepare(world))
    expect(statesAt('heron')).toEqual(['2001'])
    expect(await stateOf(anId(1))).toBeUndefined()
  })
})

describe('the promise that GET is dated when it is read', () => {
  async function askAround(): Promise<void> {
    await world.heron.send('GET', `/transfers/${anId(1)}`)
    await reserve(world)
    await world.clock.advance(5_000)
  }

  it('is kept by hold-reply: an old reading with its old Date arrives late', async () => {
    await fault('get-transfers', 'hold-reply', { ms: 5_000 })
    const readAt = new Date(world.clock.now()).toUTCString()
    await askAround()
    expect(statesAt('heron')).toEqual(['3208'])
    expect(world.heron.received[0]!.headers['date']).toBe(readAt)
  })

  it('is broken by delay: an old reading with a new Date', async () => {
    await fault('get-transfers', 'delay', { ms: 5_000 })
    await askAround()
    expect(statesAt('heron')).toEqual(['3208'])
    expect(world.heron.received[0]!.headers['date']).toBe(new Date(world.clock.now()).toUTCString())
  })
})

describe('the promise that a final state is told only once it is stored', () => {
  it('is kept: whoever hears COMMITTED finds it in the store', async () => {
    await reserve(world)
    const found: string[] = []
    world.heron.answer = async () => {
      found.push(String(world.store.all('SELECT state FROM transfers')[0]?.['state']))
      return { status: 200, headers: {}, bytes: new Uint8Array() }
    }
    await fulfil(world, anId(1))
    expect(found).toEqual(['COMMITTED'])
  })

  it('is broken by tell-before-commit: COMMITTED is told, and the sweep aborts it', async () => {
    await reserve(world)
    await fault('put-transfers', 'tell-before-commit')
    await fulfil(world, anId(1))
    expect(world.heron.callbacks()[0]!.body).toMatchObject({
      transferState: 'COMMITTED',
      fulfilment,
    })
    expect(await stateOf(anId(1))).toBe('RESERVED')
    await world.clock.advance(31_000)
    expect(statesAt('heron')).toEqual(['COMMITTED', '3303'])
    expect(await stateOf(anId(1))).toBe('ABORTED')
  })
})

describe('the promise that an error before ABORTED only answers a question', () => {
  it('is broken by error-while-reserved: 2001 to the payer, and the payee commits', async () => {
    await fault('post-transfers', 'error-while-reserved')
    await reserve(world)
    expect(statesAt('heron')).toEqual(['2001'])
    expect(await stateOf(anId(1))).toBe('RESERVED')
    await fulfil(world, anId(1))
    expect(statesAt('heron')).toEqual(['2001', 'COMMITTED'])
  })

  it('is broken by an error in place of a callback: 2001, while the row says COMMITTED', async () => {
    await reserve(world)
    await fault('put-transfers-callback', 'error')
    await fulfil(world, anId(1))
    expect(statesAt('heron')).toEqual(['2001'])
    expect(await stateOf(anId(1))).toBe('COMMITTED')
  })
})

describe('the promise that everything RESERVED is swept', () => {
  it('is broken by silence on the sweep', async () => {
    await fault('sweep', 'silence', { times: 1_000 })
    await reserve(world)
    await world.clock.advance(100_000)
    expect(await stateOf(anId(1))).toBe('RESERVED')
    await world.call('DELETE', '/lab/faults')
    await world.clock.advance(1_000)
    expect(await stateOf(anId(1))).toBe('ABORTED')
  })
})

describe('callbacks', () => {
  it('are kept back by commit-then-hang until someone asks', async () => {
    await reserve(world)
    await fault('put-transfers', 'commit-then-hang')
    await fulfil(world, anId(1))
    await world.clock.advance(60_000)
    expect(await stateOf(anId(1))).toBe('COMMITTED')
    expect(statesAt('heron')).toEqual([])
    await world.restart()
    expect(statesAt('heron')).toEqual([])
    await world.heron.send('GET', `/transfers/${anId(1)}`)
    await world.settle()
    expect(statesAt('heron')).toEqual(['COMMITTED', 'COMMITTED'])
    expect(world.weaver.callbacks().at(-1)).toMatchObject({ method: 'PATCH' })
  })

  it('and the forwarded POST too: the transfer is RESERVED, and the payee does not know', async () => {
    await fault('post-transfers', 'commit-then-hang')
    await reserve(world)
    expect(await stateOf(anId(1))).toBe('RESERVED')
    expect(world.weaver.received).toHaveLength(0)
    await world.heron.send('GET', `/transfers/${anId(1)}`)
    await world.settle()
    expect(world.weaver.received).toHaveLength(1)
  })

  it('never leave with silence', async () => {
    await reserve(world)
    await fault('put-transfers-callback', 'silence')
    await fault('patch-transfers', 'silence')
    await fulfil(world, anId(1))
    await world.clock.advance(60_000)
    expect(statesAt('heron')).toEqual([])
    expect(world.weaver.received).toHaveLength(1)
  })

  it('leave twice with duplicate, and again later with late-copy', async () => {
    await reserve(world)
    await fault('put-transfers-callback', 'duplicate')
    await fault('patch-transfers', 'late-copy', { ms: 9_000 })
    await fulfil(world, anId(1))
    expect(statesAt('heron')).toEqual(['COMMITTED', 'COMMITTED'])
    expect(statesAt('weaver')).toEqual(['COMMITTED'])
    await world.clock.advance(9_000)
    expect(statesAt('weaver')).toEqual(['COMMITTED', 'COMMITTED'])
  })

  it('leave late with delay', async () => {
    await reserve(world)
    await fault('put-transfers-callback', 'delay', { ms: 3_000 })
    await fulfil(world, anId(1))
    expect(statesAt('heron')).toEqual([])
    await world.clock.advance(3_000)
    expect(statesAt('heron')).toEqual(['COMMITTED'])
  })

  it('overtake each other with reorder', async () => {
    await reserve(world, { transferId: anId(1) })
    await reserve(world, { transferId: anId(2) })
    await fault('put-transfers-callback', 'reorder', { ms: 20_000 })
    await fulfil(world, anId(1))
    await fulfil(world, anId(2))
    expect(world.heron.callbacks().map(({ path }) => path)).toEqual([
      `/transfers/${anId(2)}`,
      `/transfers/${anId(1)}`,
    ])
  })

  it('that wait for a next one leave by themselves when none comes', async () => {
    await reserve(world)
    await fault('put-transfers-callback', 'reorder', { ms: 2_000 })
    await fulfil(world, anId(1))
    expect(statesAt('heron')).toEqual([])
    await world.clock.advance(2_000)
    expect(statesAt('heron')).toEqual(['COMMITTED'])
  })
})

describe('parties and quotes', () => {
  async function ask(): Promise<void> {
    await world.heron.send('GET', '/parties/MSISDN/1', { to: 'weaver' })
    await world.settle()
  }

  it('are asked late, never, twice, or with an error, as the faults say', async () => {
    await fault('get-parties', 'delay', { ms: 4_000 })
    await ask()
    expect(world.weaver.received).toHaveLength(0)
    await world.clock.advance(4_000)
    expect(world.weaver.received).toHaveLength(1)
    await fault('get-parties', 'silence')
    await ask()
    expect(world.weaver.received).toHaveLength(1)
    await fault('get-parties', 'duplicate')
    await ask()
    expect(world.weaver.received).toHaveLength(3)
    await fault('get-parties', 'error')
    await ask()
    expect(world.weaver.received).toHaveLength(3)
    expect(world.heron.callbacks().at(-1)).toMatchObject({
      path: '/parties/MSISDN/1/error',
      body: { errorInformation: { errorCode: '2001' } },
    })
  })

  it('an answer is lost, or refused with 500, as the faults say', async () => {
    const body = { errorInformation: { errorCode: '3204', errorDescription: 'no' } }
    const put = (): Promise<{ status: number }> =>
      world.weaver.send('PUT', '/parties/MSISDN/1/error', { to: 'heron', body })
    await fault('put-parties', 'silence')
    expect((await put()).status).toBe(200)
    await fault('put-parties', 'error')
    expect((await put()).status).toBe(500)
    await world.settle()
    expect(world.heron.received).toHaveLength(0)
  })
})

describe('/lab/faults', () => {
  it('lists what can be broken, and refuses what cannot', async () => {
    const { body } = await world.call('GET', '/lab/faults')
    expect(body.operations).toContain('post-transfers')
    expect(body.kinds).toContain('duplicates-last')
    const wrong = await world.call('PUT', '/lab/faults', { on: 'the-moon', do: 'delay' })
    expect(wrong.status).toBe(400)
  })
})
