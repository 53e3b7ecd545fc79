import { describe, expect, it } from '@jest/globals'
import { answerOnce } from '../../hub/channel/idempotency.ts'
import type { PostgresStore } from '../../hub/store/postgres-store.ts'
import type { Tx } from '../../hub/store/store.ts'
import { aCallback, aKey, anAttempt, aTransfer } from '../support/store-values.ts'
import { aroundPostgres, createMeeting } from './postgres-places.ts'

const postgres = aroundPostgres()
const openTwo = async (): Promise<[PostgresStore, PostgresStore]> => [
  await postgres.open(),
  await postgres.open(),
]
const times = <T>(count: number, run: (n: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => run(n))

describe('two processes on one database', () => {
  it('lose no update of a transfer that both write', async () => {
    const stores = await openTwo()
    await stores[0].step((tx) => tx.transfers.insert(aTransfer()))
    const count = async (tx: Tx): Promise<number> => {
      const record = await tx.transfers.find(aKey())
      await tx.transfers.save({ ...aTransfer(), wait: record!.wait + 1 })
      return record!.wait
    }
    const seen = await Promise.all(
      times(100, () => stores.map((store) => store.step(count))).flat(),
    )
    expect(seen.sort((a, b) => a - b)).toEqual(times(200, (n) => n))
  })

  it('decide a transfer once, when both have read it before either writes', async () => {
    const stores = await openTwo()
    await stores[0].step((tx) => tx.transfers.insert(aTransfer({ state: 'reserved' })))
    const met = createMeeting(2)
    const decide = (store: PostgresStore, state: 'commit-decided' | 'release-decided') =>
      store.step(async (tx) => {
        const record = await tx.transfers.find(aKey())
        await met()
        if (record!.state !== 'reserved') return `too late: ${record!.state}`
        await tx.transfers.save({ ...record!, state })
        return state
      })
    const [commit, release] = await Promise.all([
      decide(stores[0], 'commit-decided'),
      decide(stores[1], 'release-decided'),
    ])
    const { state } = (await stores[0].step((tx) => tx.transfers.find(aKey())))!
    expect([
      ['commit-decided', 'too late: commit-decided'],
      ['too late: release-decided', 'release-decided'],
    ]).toContainEqual([commit, release])
    expect([commit, release]).toContain(state)
  })

  it('insert a transfer once, and say so to one of them only', async () => {
    const stores = await openTwo()
    for (const n of times(20, (n) => n)) {
      const key = aKey({ transferId: `t${n}` })
      const inserted = await Promise.all(
        stores.map((store) => store.step((tx) => tx.transfers.insert(aTransfer({ key })))),
      )
      expect(inserted.sort()).toEqual([false, true])
    }
  })

  it('work once for two equal requests at the same time, and give both the same answer', async () => {
    const stores = await openTwo()
    for (const n of times(20, (n) => n)) {
      const scope = { tenant: 'heron', route: 'POST /channel/transfer', key: `k${n}` }
      const met = createMeeting(2)
      const answers = await Promise.all(
        stores.map((store, who) =>
          answerOnce(store, { scope, parameters: 'same' }, async (tx) => {
            await met()
            const key = aKey({ transferId: `of ${who} for ${n}` })
            await tx.transfers.insert(aTransfer({ key, correlationId: `c${n}` }))
            return { status: 202, body: `made by ${who}` }
          }),
        ),
      )
      expect(answers[0]).toMatchObject({ status: 202, body: answers[1]!.body })
    }
    const legs = await stores[0].step((tx) => tx.transfers.list({ fspId: 'heron', limit: 99 }))
    expect(legs).toHaveLength(20)
  })

  it('open one attempt after another, never two of the same number', async () => {
    const stores = await openTwo()
    const open = (tx: Tx, upstreamKey: string) => async (): Promise<number> => {
      const latest = await tx.attempts.latest(aKey(), 'reserve-funds')
      const attempt = (latest?.attempt ?? 0) + 1
      await tx.attempts.insert(anAttempt({ attempt, upstreamKey }))
      return attempt
    }
    const numbers = await Promise.all(
      times(20, (n) => stores.map((store) => store.step((tx) => open(tx, `${n}`)()))).flat(),
    )
    expect(numbers.sort((a, b) => a - b)).toEqual(times(40, (n) => n + 1))
  })

  it('never miss each other: who waits for a party, and who has its answer', async () => {
    const [waits, answers] = await openTwo()
    for (const n of times(10, (n) => n)) {
      const party = `MSISDN:${n}`
      const met = createMeeting(2)
      const asking = waits.step(async (tx) => {
        const told = await tx.inbox.ofParty('heron', party, 0)
        await met()
        const waiter = { line: 'a', messageName: 'm', correlationKey: 'a:1', since: 0 }
        await tx.lookups.open('heron', party, waiter)
        return told.length
      })
      const telling = answers.step(async (tx) => {
        const waiters = await tx.lookups.waiters('heron', party)
        await met()
        await tx.inbox.insert(aCallback({ about: { kind: 'party', id: party } }))
        return waiters.length
      })
      const seen = await Promise.all([asking, telling])
      expect(seen[0] + seen[1]).toBeGreaterThan(0)
    }
  })

  it('give up in the end, with nothing written, when others are always in the way', async () => {
    const [victim, other] = await openTwo()
    await victim.step((tx) => tx.transfers.insert(aTransfer()))
    const step = victim.step(async (tx) => {
      const record = await tx.transfers.find(aKey())
      await other.step((theirs) => theirs.transfers.save({ ...record!, wait: record!.wait + 1 }))
      await tx.transfers.save({ ...record!, state: 'aborted' })
    })
    await expect(step).rejects.toMatchObject({ name: 'Unavailable' })
    expect(await other.step((tx) => tx.transfers.find(aKey()))).toMatchObject({ state: 'received' })
  })
})

describe('the tables', () => {
  it('are made once when many processes start at the same time', async () => {
    const stores = await Promise.all(times(6, () => postgres.open({ poolMax: 2 })))
    const inserted = stores.map((store, n) =>
      store.step((tx) => tx.transfers.insert(aTransfer({ key: aKey({ transferId: `t${n}` }) }))),
    )
    expect(await Promise.all(inserted)).toEqual(times(6, () => true))
    const versions = await postgres.ask('SELECT version FROM schema_version ORDER BY version')
    expect(versions.map(({ version }) => version)).toEqual(versions.map((_, n) => String(n + 1)))
    expect(versions.length).toBeGreaterThan(1)
  })

  it('are brought from an earlier version to this one, with all they hold', async () => {
    const store = await postgres.open()
    await store.step((tx) => tx.transfers.insert(aTransfer()))
    await store.close()
    await postgres.ask(`DROP TABLE outbox_leases, outbox_relays;
      DROP TABLE outbox_events, statistics_legs, statistics_days;
      ALTER TABLE transfers DROP COLUMN events;
      ALTER TABLE quotes DROP COLUMN honoured_for;
      DELETE FROM schema_version WHERE version > 1`)
    const again = await postgres.open()
    expect(await again.step((tx) => tx.transfers.find(aKey()))).toEqual(aTransfer())
    expect(await again.queue.due(0, 1, 'message')).toEqual([])
    expect(await again.queue.events(1)).toEqual([])
  })

  it('of a later version are refused with a sentence', async () => {
    await (await postgres.open()).close()
    await postgres.ask('INSERT INTO schema_version (version) VALUES (99)')
    await expect(postgres.open()).rejects.toThrow(/version 99, later than this program's/)
  })

  it('give whole numbers back exactly, beyond 2^53 too', async () => {
    const store = await postgres.open()
    const createdAt = Number.MAX_SAFE_INTEGER
    await store.step((tx) => tx.transfers.insert(aTransfer({ createdAt })))
    expect(await store.step((tx) => tx.transfers.find(aKey()))).toMatchObject({ createdAt })
    await postgres.ask('UPDATE transfers SET created_at = 9007199254740993')
    const found = store.step((tx) => tx.transfers.find(aKey()))
    await expect(found).rejects.toThrow('column created_at holds no whole number')
  })
})
