import { createHmac } from 'node:crypto'
import { beforeEach, describe, expect, it } from '@jest/globals'
import type { Message } from '../../../hub/engine/engine.ts'
import { triesWithin } from '../../../hub/events/backoff.ts'
import type { LegEvent } from '../../../hub/events/event-stream.ts'
import { createCallbackSender } from '../../../hub/events/client-callback.ts'
import { createRelay, type Relay } from '../../../hub/events/relay.ts'
import { NoResponse, type HttpResponse, type OutgoingRequest } from '../../../hub/http.ts'
import { openSqlite } from '../../../hub/store/sqlite.ts'
import { createStoreOver } from '../../../hub/store/sqlite-store.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'

type Line = [level: string, message: string, fields: Record<string, unknown>]

let clock: FakeClock
let lines: Line[]
const keep = (level: string) => (fields: object, message: string) => {
  lines.push([level, message, { ...fields }])
}
const log = { info: keep('info'), warn: keep('warn'), error: keep('error') }

beforeEach(() => {
  clock = createFakeClock()
  lines = []
})

const config = {
  callbackOrigins: ['https://client.example'],
  lab: false,
  tenants: [{ fspId: 'heron', callbackSecret: 'secret of heron' }],
}

const aMessage = (messageId: string): Message => ({
  name: 'm',
  correlationKey: 'k',
  messageId,
  variables: {},
  ttlMs: 1,
})

/** A store, an engine whose answers the test gives, and a relay between them. */
function aScene() {
  const store = createStoreOver(openSqlite(':memory:'), { clock, log })
  const published: string[] = []
  const waiting = new Map<string, { resolve: () => void; reject: (error: Error) => void }>()
  const engine = {
    holds: false,
    publish: (message: Message) => {
      published.push(message.messageId)
      if (!engine.holds) return Promise.resolve()
      return new Promise<void>((resolve, reject) => {
        waiting.set(message.messageId, { resolve, reject })
      })
    },
  }
  const told: LegEvent[] = []
  const stream = {
    publish: async (events: readonly LegEvent[]) => {
      told.push(...events)
    },
  }
  const called: OutgoingRequest[] = []
  /** Clients that never answer. */
  const http = {
    send: (request: OutgoingRequest) => {
      called.push(request)
      return new Promise<HttpResponse>(() => undefined)
    },
  }
  const startRelay = (queue = store.queue): Relay =>
    createRelay(config, { queue, engine, stream, http, clock, log })
  const add = async (line: string, messageId: string, dueAt = clock.now()): Promise<void> => {
    const entry = { kind: 'message', message: aMessage(messageId), line, dueAt } as const
    const added = store.step((tx) => tx.outbox.add(entry))
    await clock.advance(0)
    await added
  }
  const left = async (): Promise<number> => {
    const rows = store.queue.due(Number.MAX_SAFE_INTEGER, 1000, 'message')
    await clock.advance(0)
    return (await rows).length
  }
  return { store, engine, published, waiting, called, startRelay, add, left }
}

describe('the relay to the engine', () => {
  it('publishes what was added before it started, and what is added later, without being asked', async () => {
    const scene = aScene()
    await scene.add('a', 'a1')
    scene.startRelay()
    await clock.advance(0)
    expect(scene.published).toEqual(['a1'])
    await scene.add('b', 'b1')
    await clock.advance(0)
    expect(scene.published).toEqual(['a1', 'b1'])
    await clock.advance(20)
    expect(await scene.left()).toBe(0)
  })

  it('keeps the order of a line and lets other lines go on meanwhile', async () => {
    const scene = aScene()
    scene.engine.holds = true
    for (const id of ['a1', 'a2', 'b1', 'c1']) await scene.add(id.charAt(0), id)
    scene.startRelay()
    await clock.advance(0)
    expect(scene.published).toEqual(['a1', 'b1', 'c1'])
    scene.waiting.get('b1')?.resolve()
    await clock.advance(20)
    expect(scene.published).toHaveLength(3)
    scene.waiting.get('a1')?.resolve()
    await clock.advance(20)
    expect(scene.published).toEqual(['a1', 'b1', 'c1', 'a2'])
  })

  it('has at most 64 messages on their way, and takes the next as they arrive', async () => {
    const scene = aScene()
    scene.engine.holds = true
    for (let n = 0; n < 70; n++) await scene.add(`line ${n}`, `m${n}`)
    scene.startRelay()
    await clock.advance(0)
    expect(scene.published).toHaveLength(64)
    for (let n = 0; n < 10; n++) scene.waiting.get(`m${n}`)?.resolve()
    await clock.advance(20)
    expect(scene.published).toHaveLength(70)
  })

  it('tries again with growing waits while the engine fails, and never drops a message', async () => {
    const scene = aScene()
    scene.engine.holds = true
    await scene.add('a', 'a1')
    await scene.add('a', 'a2')
    scene.startRelay()
    const failAfter = async (ms: number): Promise<void> => {
      await clock.advance(ms)
      scene.waiting.get('a1')?.reject(new Error('engine is away'))
      await clock.advance(0)
    }
    await failAfter(0)
    await failAfter(499)
    expect(scene.published).toEqual(['a1'])
    await failAfter(1)
    expect(scene.published).toEqual(['a1', 'a1'])
    for (let n = 0; n < 20; n++) await failAfter(30_000)
    expect(scene.published.length).toBeGreaterThan(15)
    expect(new Set(scene.published)).toEqual(new Set(['a1']))
    scene.engine.holds = false
    await clock.advance(30_020)
    expect(scene.published.slice(-2)).toEqual(['a1', 'a2'])
    expect(lines.find(([level]) => level === 'warn')?.[1]).toBe('message not published')
  })

  it('publishes each message once while others keep being added', async () => {
    const scene = aScene()
    scene.startRelay()
    for (let n = 0; n < 200; n++) await scene.add(`line ${n % 7}`, `m${n}`)
    await clock.advance(1_000)
    expect(scene.published).toHaveLength(200)
    expect(new Set(scene.published).size).toBe(200)
    expect(await scene.left()).toBe(0)
  })

  it('waits for the time of a row that is not due yet', async () => {
    const scene = aScene()
    scene.startRelay()
    await scene.add('a', 'later', clock.now() + 5_000)
    await scene.add('a', 'now')
    await clock.advance(4_999)
    expect(scene.published).toEqual(['now'])
    await clock.advance(1)
    expect(scene.published).toEqual(['now', 'later'])
  })

  it('publishes again after a crash between arrival and its note, and nothing that was noted', async () => {
    const scene = aScene()
    scene.engine.holds = true
    await scene.add('a', 'a1')
    await scene.add('b', 'b1')
    scene.startRelay()
    await clock.advance(0)
    scene.waiting.get('a1')?.resolve()
    await clock.advance(20)
    scene.startRelay()
    await clock.advance(0)
    expect(scene.published).toEqual(['a1', 'b1', 'b1'])
  })

  it('is idle when nothing is due and nothing on its way', async () => {
    const scene = aScene()
    scene.engine.holds = true
    await scene.add('a', 'a1')
    await scene.add('z', 'later', clock.now() + 60_000)
    const relay = scene.startRelay()
    let isIdle = false
    void relay.idle().then(() => (isIdle = true))
    await clock.advance(10)
    expect(isIdle).toBe(false)
    scene.waiting.get('a1')?.resolve()
    await clock.advance(20)
    expect(isIdle).toBe(true)
  })

  it('waits at closing for messages on their way, notes them, and takes no more', async () => {
    const scene = aScene()
    scene.engine.holds = true
    await scene.add('a', 'a1')
    await scene.add('a', 'a2')
    const relay = scene.startRelay()
    await clock.advance(0)
    let isClosed = false
    void relay.close().then(() => (isClosed = true))
    await clock.advance(1000)
    expect(isClosed).toBe(false)
    scene.waiting.get('a1')?.resolve()
    await clock.advance(20)
    expect(isClosed).toBe(true)
    await scene.add('b', 'b1')
    await clock.advance(10_000)
    expect(scene.published).toEqual(['a1'])
    expect(await scene.left()).toBe(2)
  })

  it('goes on after the store could not be read', async () => {
    const scene = aScene()
    const { queue } = scene.store
    let fails = true
    const shaky = {
      ...queue,
      due: (...args: Parameters<typeof queue.due>) =>
        fails ? Promise.reject(new Error('disk')) : queue.due(...args),
    }
    scene.startRelay(shaky)
    await scene.add('a', 'a1')
    expect(lines.at(-1)?.[1]).toBe('outbox not served')
    fails = false
    await clock.advance(1_000)
    expect(scene.published).toEqual(['a1'])
  })

  it('does not let slow callbacks hold up messages', async () => {
    const scene = aScene()
    for (let n = 0; n < 100; n++) {
      const callback = {
        kind: 'client-callback',
        fspId: 'heron',
        url: 'https://client.example/hook',
        body: '',
        line: `${n}`,
        dueAt: 0,
      } as const
      void scene.store.step((tx) => tx.outbox.add(callback))
    }
    await scene.add('a', 'a1')
    const relay = scene.startRelay()
    await clock.advance(0)
    expect(scene.published).toEqual(['a1'])
    expect(scene.called).toHaveLength(32)
    let isClosed = false
    void relay.close().then(() => (isClosed = true))
    await clock.advance(20)
    expect(isClosed).toBe(true)
  })
})

describe('callbacks to clients', () => {
  const url = 'https://client.example/hooks/1'
  const body = '{"transferState":"COMMITTED","note":"é"}'
  let sent: OutgoingRequest[]
  let status: number | Error
  const http = {
    send: async (request: OutgoingRequest) => {
      sent.push(request)
      if (status instanceof Error) throw status
      return { status, headers: {}, bytes: new Uint8Array() }
    },
  }
  const sender = (changes: Partial<typeof config> = {}) =>
    createCallbackSender({ ...config, ...changes }, { http, clock, log })
  beforeEach(() => {
    sent = []
    status = 204
  })
  const aCallback = (fields: { tries?: number; url?: string } = {}) =>
    ({
      kind: 'client-callback',
      id: '77',
      line: 'l',
      dueAt: 0,
      tries: 0,
      fspId: 'heron',
      url,
      body,
      ...fields,
    }) as const

  it('posts the body with a signature that the client can verify', async () => {
    expect(await sender()(aCallback())).toBeUndefined()
    const [request] = sent
    expect(request).toMatchObject({ method: 'POST', url, reach: 'public' })
    expect(Buffer.from(request!.bytes!).toString()).toBe(body)
    expect(request!.headers['x-kivuko-delivery']).toBe('77')
    expect(request!.headers['content-type']).toBe('application/json')
    const [, t, v1] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(request!.headers['x-kivuko-signature'] ?? '') ?? []
    expect(Number(t)).toBe(Math.floor(clock.now() / 1000))
    expect(v1).toBe(createHmac('sha256', 'secret of heron').update(`${t}.${body}`).digest('hex'))
  })

  it.each([200, 201, 299])('is settled by %d', async (answer) => {
    status = answer
    expect(await sender()(aCallback())).toBeUndefined()
  })

  it.each<number | string>([301, 307, 400, 404, 500, 'no answer'])(
    'is tried again after %s',
    async (answer) => {
      status = typeof answer === 'number' ? answer : new NoResponse(answer)
      expect(await sender()(aCallback())).toBe(clock.now() + 1_000)
      expect(await sender()(aCallback({ tries: 3 }))).toBe(clock.now() + 8_000)
      expect(await sender()(aCallback({ tries: 500 }))).toBe(clock.now() + 300_000)
      expect(lines.at(-1)?.slice(0, 2)).toEqual(['warn', 'client callback not sent'])
    },
  )

  it('is given up after three days, with an error that a person sees', async () => {
    status = 500
    const triesMax = triesWithin(3 * 24 * 3_600_000, { firstMs: 1_000, longestMs: 300_000 })
    expect(triesMax).toBe(872)
    expect(await sender()(aCallback({ tries: triesMax - 2 }))).toBe(clock.now() + 300_000)
    expect(await sender()(aCallback({ tries: triesMax - 1 }))).toBeUndefined()
    expect(lines.at(-1)?.slice(0, 2)).toEqual(['error', 'client callback given up'])
    expect(lines.at(-1)?.[2]).toMatchObject({ fspId: 'heron', delivery: '77', status: 500 })
  })

  it('is not sent where it is not allowed any more', async () => {
    expect(await sender({ callbackOrigins: [] })(aCallback())).toBeUndefined()
    expect(await sender()(aCallback({ url: 'http://127.0.0.1:9/' }))).toBeUndefined()
    expect(sent).toEqual([])
    expect(await sender({ tenants: [] })(aCallback())).toBeUndefined()
    expect(sent).toEqual([])
    expect(lines.map(([level]) => level)).toEqual(['error', 'error', 'error'])
  })

  it('may reach this machine in the lab', async () => {
    await sender({ lab: true })(aCallback({ url: 'http://127.0.0.1:9/' }))
    expect(sent).toMatchObject([{ reach: 'public-or-loopback' }])
  })
})
