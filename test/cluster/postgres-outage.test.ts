import { afterEach, describe, expect, it } from '@jest/globals'
import { createSystemClock } from '../../hub/clock.ts'
import { createPostgresStore, type PostgresStore } from '../../hub/store/postgres-store.ts'
import { silentLog } from '../support/silent-log.ts'
import { aKey, aTransfer } from '../support/store-values.ts'
import { aroundPostgres, until } from './postgres-places.ts'

const postgres = aroundPostgres()
const clock = createSystemClock()
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})

const numbered = (transferId: string) => aTransfer({ key: aKey({ transferId }) })

/** Inserts one transfer after another until told to stop, and remembers what came of each. */
function startWriter(store: PostgresStore, name: string) {
  const acknowledged: string[] = []
  const failures: Error[] = []
  let isOver = false
  const run = async (): Promise<void> => {
    for (let n = 0; !isOver; n++) {
      const transferId = `${name}-${n}`
      await store
        .step((tx) => tx.transfers.insert(numbered(transferId)))
        .then(
          () => acknowledged.push(transferId),
          (error: unknown) => failures.push(error as Error),
        )
      if (failures.length > 0) await new Promise((resolve) => clock.after(20, () => resolve(0)))
    }
  }
  const running = run()
  const stop = (): Promise<void> => {
    isOver = true
    return running
  }
  stops.push(stop)
  return { acknowledged, failures, stop }
}

describe('a database server that is killed', () => {
  it('loses nothing that was acknowledged, and both stores go on when it is back', async () => {
    const stores = [await postgres.open(), await postgres.open()]
    const writers = ['a', 'b', 'c', 'd'].map((name, n) => startWriter(stores[n % 2]!, name))
    const written = (count: number) => () =>
      writers.every(({ acknowledged }) => acknowledged.length >= count)
    await until(written(50))
    await postgres.server().kill()
    await until(() => writers.every(({ failures }) => failures.length > 0))
    const before = writers.map(({ acknowledged }) => acknowledged.length)
    await postgres.server().start()
    await until(() => writers.every((w, n) => w.acknowledged.length > before[n]! + 20))
    await Promise.all(writers.map((writer) => writer.stop()))
    const rows = await postgres.ask('SELECT transfer_id FROM transfers')
    const kept = new Set(rows.map((row) => row['transfer_id']))
    const lost = writers.flatMap((w) => w.acknowledged).filter((id) => !kept.has(id))
    expect(lost).toEqual([])
    const names = new Set(writers.flatMap(({ failures }) => failures.map(({ name }) => name)))
    expect([...names].filter((name) => !/^(Unavailable|OutcomeUnknown)$/.test(name))).toEqual([])
    expect(names).toContain('Unavailable')
  })

  it('makes steps unavailable while it is away, and no store can be opened', async () => {
    const store = await postgres.open()
    await store.step((tx) => tx.transfers.insert(numbered('before')))
    await postgres.server().kill()
    const step = store.step((tx) => tx.transfers.find(aKey({ transferId: 'before' })))
    await expect(step).rejects.toMatchObject({ name: 'Unavailable' })
    const url = postgres.url()
    const ports = { clock, log: silentLog }
    const opening = createPostgresStore({ url, poolMax: 2 }, ports)
    await expect(opening).rejects.toThrow('the database cannot be reached (ECONNREFUSED)')
    await postgres.server().start()
    const found = await store.step((tx) => tx.transfers.find(aKey({ transferId: 'before' })))
    expect(found).toEqual(numbered('before'))
  })

  it('gives the relay its word and its leases back', async () => {
    const store = await postgres.open({ leaseMs: 600 })
    let woken = 0
    store.queue.onAdded(() => woken++)
    await until(async () => (await store.queue.due(0, 1, 'message')).length === 0)
    await postgres.server().kill()
    await expect(store.queue.due(0, 1, 'message')).rejects.toMatchObject({ name: 'Unavailable' })
    await postgres.server().start()
    const message = { name: 'm', correlationKey: 'k', messageId: 'a1', variables: {}, ttlMs: 5 }
    await store.step((tx) => tx.outbox.add({ kind: 'message', message, line: 'a', dueAt: 0 }))
    await until(async () => (await store.queue.due(0, 1, 'message')).length === 1)
    expect(woken).toBeGreaterThan(0)
  })
})

describe('a connection that breaks', () => {
  it('fails the step that it served only, and leaves nothing of it', async () => {
    const store = await postgres.open({ poolMax: 2 })
    const broken = store.step(async (tx) => {
      await tx.transfers.insert(numbered('broken'))
      await postgres.ask(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE state = 'idle in transaction' AND datname = current_database()`)
      await tx.transfers.insert(numbered('after'))
    })
    await expect(broken).rejects.toMatchObject({ name: 'Unavailable' })
    expect(await store.step((tx) => tx.transfers.list({ fspId: 'heron', limit: 9 }))).toEqual([])
    expect(await store.step((tx) => tx.transfers.insert(numbered('broken')))).toBe(true)
  })
})
