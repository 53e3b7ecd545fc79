import { describe, expect, it } from '@jest/globals'
import { createSystemClock } from '../../hub/clock.ts'
import type { Message } from '../../hub/engine/engine.ts'
import { createRelay } from '../../hub/events/relay.ts'
import type { PostgresStore } from '../../hub/store/postgres-store.ts'
import { silentLog } from '../support/silent-log.ts'
import { aroundPostgres, until } from './postgres-places.ts'

const postgres = aroundPostgres()
const clock = createSystemClock()

const add = (store: PostgresStore, line: string, messageId: string): Promise<void> => {
  const message: Message = { name: 'm', correlationKey: line, messageId, variables: {}, ttlMs: 5 }
  return store.step((tx) => tx.outbox.add({ kind: 'message', message, line, dueAt: 0 }))
}
const dueRows = async (store: PostgresStore) =>
  (await store.queue.due(clock.now(), 100, 'message')).map((row) => ({
    id: row.id,
    messageId: row.kind === 'message' ? row.message.messageId : '',
  }))
const dueIds = async (store: PostgresStore) =>
  (await dueRows(store)).map(({ messageId }) => messageId)
const leasesOf = async (): Promise<readonly number[]> =>
  (
    await postgres.ask(
      "SELECT COUNT(*) AS held FROM outbox_leases WHERE holder <> '' GROUP BY holder ORDER BY 1",
    )
  ).map(({ held }) => Number(held))

/** What every relay publishes, in the order of arrival, and what two of them had under way at once. */
function anEngine() {
  const arrived: { readonly line: string; readonly messageId: string; readonly by: string }[] = []
  const underWay = new Set<string>()
  const twice: string[] = []
  const publishBy = (by: string) => async (message: Message) => {
    const { correlationKey: line, messageId } = message
    if (underWay.has(line)) twice.push(line)
    underWay.add(line)
    arrived.push({ line, messageId, by })
    await new Promise((resolve) => clock.after(arrived.length % 3, () => resolve(0)))
    underWay.delete(line)
  }
  return { arrived, twice, publishBy }
}

function startRelay(store: PostgresStore, publish: (message: Message) => Promise<void>) {
  const config = { callbackOrigins: [], lab: false, tenants: [] }
  const http = { send: () => Promise.reject(new Error('no client is called here')) }
  const stream = { publish: () => Promise.resolve() }
  const ports = { queue: store.queue, engine: { publish }, stream, http, clock, log: silentLog }
  return createRelay(config, ports)
}

describe('relays of several processes', () => {
  it('carry each message once, one relay at a time, in the order of its line', async () => {
    const engine = anEngine()
    const stores = [await postgres.open({ leaseMs: 3000 }), await postgres.open({ leaseMs: 3000 })]
    const relays = stores.map((store, n) => startRelay(store, engine.publishBy(`relay ${n}`)))
    const lines = Array.from({ length: 40 }, (_, n) => `line ${n}`)
    const addAll = async (from: number, to: number): Promise<void> => {
      for (let n = from; n < to; n++) {
        const messageId = String(n).padStart(2, '0')
        await Promise.all(lines.map((line, which) => add(stores[which % 2]!, line, messageId)))
      }
    }
    await addAll(0, 3)
    await until(async () => (await leasesOf()).join() === '8,8')
    await addAll(3, 10)
    await until(() => engine.arrived.length >= 400)
    await Promise.all(relays.map((relay) => relay.close()))
    for (const line of lines) {
      const ids = engine.arrived.filter((one) => one.line === line).map((one) => one.messageId)
      expect(ids).toEqual(Array.from({ length: 10 }, (_, n) => String(n).padStart(2, '0')))
    }
    expect(engine.twice).toEqual([])
    expect(new Set(engine.arrived.map(({ by }) => by)).size).toBe(2)
  })

  it('never have a partition in common', async () => {
    const one = await postgres.open()
    const two = await postgres.open()
    await add(one, 'a', 'a1')
    expect(await dueIds(one)).toEqual(['a1'])
    expect(await dueIds(two)).toEqual([])
    await one.close()
    expect(await leasesOf()).toEqual([])
  })

  it('take over from one that stands still, and do not believe what it says when it comes back', async () => {
    const warnings: string[] = []
    const log = { ...silentLog, warn: (_: object, message: string) => warnings.push(message) }
    const stalled = await postgres.open({ leaseMs: 300, log })
    const other = await postgres.open({ leaseMs: 5000 })
    for (const id of ['a1', 'a2', 'a3']) await add(other, 'a', id)
    const [first] = await dueRows(stalled)
    expect(first!.messageId).toBe('a1')
    await until(async () => (await dueIds(other)).length > 0)
    const [again] = await dueRows(other)
    expect(again).toEqual(first)
    await stalled.queue.postpone(first!.id, clock.now() + 60_000)
    await stalled.queue.done([first!.id])
    expect(warnings).toEqual(['outbox lease was lost', 'outbox lease was lost'])
    expect(await dueIds(other)).toEqual(['a1'])
    await other.queue.done([again!.id])
    const [second] = await dueRows(other)
    expect(second!.messageId).toBe('a2')
    await other.queue.done([second!.id])
    const next: string[] = []
    await until(async () => {
      next.push(...(await dueIds(stalled)), ...(await dueIds(other)))
      return next.length > 0
    })
    expect(next).toEqual(['a3'])
  })

  it('leave rows to others that they were given too late', async () => {
    let lateMs = 0
    const slow = { ...clock, now: () => clock.now() + lateMs }
    const store = await postgres.open({ leaseMs: 60_000, clock: slow })
    await add(store, 'a', 'a1')
    expect(await dueIds(store)).toEqual(['a1'])
    // The process stands still between asking and reading the answer.
    const asked = store.queue.due(clock.now(), 9, 'message')
    lateMs = 61_000
    expect(await asked).toEqual([])
    expect(await dueIds(store)).toEqual(['a1'])
  })

  it('share evenly, and leave all to the last one', async () => {
    const stores = [await postgres.open({ leaseMs: 2000 }), await postgres.open({ leaseMs: 2000 })]
    for (const store of stores) store.queue.onAdded(() => undefined)
    await until(async () => (await leasesOf()).join() === '8,8')
    stores[0]!.crash()
    await until(async () => (await leasesOf()).join() === '16')
  })

  it('keep a partition until its rows under way have arrived', async () => {
    const one = await postgres.open({ leaseMs: 3000 })
    one.queue.onAdded(() => undefined)
    for (let n = 0; n < 30; n++) await add(one, `line ${n}`, `m${n}`)
    const taken = await dueRows(one)
    expect(taken).toHaveLength(30)
    const two = await postgres.open({ leaseMs: 3000 })
    two.queue.onAdded(() => undefined)
    for (let n = 0; n < 30; n++) {
      expect(await dueIds(two)).toEqual([])
      await new Promise((resolve) => clock.after(50, () => resolve(0)))
    }
    await one.queue.done(taken.map(({ id }) => id))
    await until(async () => (await leasesOf()).join() === '8,8')
  })

  it('hear at once of rows that another process added', async () => {
    // Without any look of its own: every wait of a second or longer lasts for ever.
    const deaf = {
      ...clock,
      after: (ms: number, task: () => void) =>
        ms >= 1000 ? () => undefined : clock.after(ms, task),
    }
    const other = await postgres.open()
    const store = await postgres.open({ clock: deaf })
    let woken = 0
    store.queue.onAdded(() => woken++)
    const listeners = "SELECT 1 FROM pg_stat_activity WHERE query = 'LISTEN kivuko_outbox'"
    await until(async () => (await postgres.ask(listeners)).length > 0)
    await add(other, 'a', 'a1')
    await until(() => woken > 0)
    expect(await dueIds(store)).toEqual(['a1'])
  })

  it('find rows of which no word came', async () => {
    const store = await postgres.open()
    let woken = 0
    store.queue.onAdded(() => woken++)
    await postgres.ask(`INSERT INTO outbox (kind, line, line_partition, due_at, tries, entry)
      VALUES ('message', 'a', 3, 0, 0, '{"kind":"message","message":{"messageId":"silent"}}')`)
    await until(() => woken > 0)
    expect(await dueIds(store)).toEqual(['silent'])
  })
})
