import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { createSystemClock } from '../../../hub/clock.ts'
import { openSqlite, type SqlDatabase } from '../../../hub/store/sqlite.ts'
import { createSqliteStore, createStoreOver } from '../../../hub/store/sqlite-store.ts'
import { storeContract } from '../../contract/store.ts'
import { compileInto } from '../../support/compile.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { aKey, aTransfer } from '../../support/store-values.ts'

const clock = createSystemClock()
const log = { info: () => undefined, warn: () => undefined, error: () => undefined }

function aPlace() {
  const folder = mkdtempSync(join(tmpdir(), 'kivuko-store-'))
  const file = join(folder, 'hub.db')
  return {
    folder,
    file,
    open: () => createSqliteStore({ file }, { clock, log }),
    remove: () => {
      rmSync(folder, { recursive: true })
    },
  }
}

storeContract('SQLite', aPlace)

/** The database, with its commits counted, and failing when told to. */
function watched(database: SqlDatabase) {
  const seen = { commits: 0, failNext: false }
  const exec = (sql: string): void => {
    if (sql === 'COMMIT') {
      seen.commits++
      if (seen.failNext) {
        seen.failNext = false
        throw new Error('database or disk is full')
      }
    }
    database.exec(sql)
  }
  return { seen, database: { ...database, exec } }
}

const numbered = (n: number) => aTransfer({ key: aKey({ transferId: `t${n}` }) })

describe('group commit', () => {
  it('commits all steps of one turn together, at most 256, and reads without a commit', async () => {
    const { seen, database } = watched(openSqlite(':memory:'))
    const store = createStoreOver(database, { clock, log })
    const steps = Array.from({ length: 300 }, (_, n) => n)
    await Promise.all(steps.map((n) => store.step((tx) => tx.transfers.insert(numbered(n)))))
    expect(seen.commits).toBe(2)
    await store.step((tx) => tx.transfers.find(numbered(1).key))
    expect(seen.commits).toBe(2)
    await store.close()
  })

  it('rejects every step of a commit that failed, keeps nothing of them, and goes on', async () => {
    const { seen, database } = watched(openSqlite(':memory:'))
    const errors: string[] = []
    const errorLog = { ...log, error: (_: object, message: string) => errors.push(message) }
    const store = createStoreOver(database, { clock, log: errorLog })
    let woken = 0
    store.queue.onAdded(() => woken++)
    seen.failNext = true
    const callback = {
      kind: 'client-callback',
      fspId: '',
      url: '',
      body: '',
      line: '',
      dueAt: 0,
    } as const
    const results = await Promise.allSettled([
      store.step((tx) => tx.transfers.insert(numbered(1))),
      store.step((tx) => tx.transfers.find(numbered(1).key)),
      store.step((tx) => tx.outbox.add(callback)),
    ])
    expect(results.map((r) => (r.status === 'rejected' ? String(r.reason) : r.status))).toEqual(
      Array(3).fill('Unavailable: the store could not commit: database or disk is full'),
    )
    expect([woken, errors]).toEqual([0, ['commit failed']])
    expect(await store.queue.due(9, 9, 'client-callback')).toEqual([])
    expect(await store.step((tx) => tx.transfers.insert(numbered(1)))).toBe(true)
    expect(await store.step((tx) => tx.transfers.find(numbered(1).key))).toEqual(numbered(1))
    await store.close()
  })

  it('says that it is unavailable while the disk is full, and goes on when there is room', async () => {
    const database = openSqlite(':memory:')
    const store = createStoreOver(database, { clock, log })
    const pages = Number(database.all('PRAGMA page_count')[0]?.['page_count'])
    const insert = (n: number) => store.step((tx) => tx.transfers.insert(numbered(n)))
    database.exec(`PRAGMA max_page_count = ${String(pages)}`)
    const many = Array.from({ length: 200 }, (_, n) => n)
    const results = await Promise.allSettled(many.map(insert))
    const failures = results.flatMap((r) => (r.status === 'rejected' ? [String(r.reason)] : []))
    expect(failures.length).toBeGreaterThan(0)
    expect(failures.filter((each) => !/^Unavailable: .*disk is full$/.test(each))).toEqual([])
    database.exec('PRAGMA max_page_count = 1000000')
    // What was rejected is not there, whatever else was asked for in the same turn.
    const after = await Promise.all(many.map(insert))
    expect(after).toEqual(results.map(({ status }) => status === 'rejected'))
    await store.close()
  })

  it('deletes rows that have arrived with the next commit, and with one of its own if none comes', async () => {
    const fakeClock = createFakeClock()
    const { seen, database } = watched(openSqlite(':memory:'))
    const store = createStoreOver(database, { clock: fakeClock, log })
    const now = async <T>(asked: Promise<T>): Promise<T> => {
      await fakeClock.advance(0)
      return asked
    }
    const callback = { kind: 'client-callback', fspId: '', url: '', body: '', dueAt: 0 } as const
    await now(store.step((tx) => tx.outbox.add({ ...callback, line: 'a' })))
    const left = async () =>
      (await now(store.queue.due(9, 9, 'client-callback'))).map((row) => row.line)
    let isDone = false
    void store.queue.done(['1']).then(() => (isDone = true))
    expect([await left(), seen.commits, isDone]).toEqual([['a'], 1, false])
    await now(store.step((tx) => tx.outbox.add({ ...callback, line: 'b' })))
    expect([await left(), seen.commits, isDone]).toEqual([['b'], 2, true])
    void store.queue.done(['2'])
    await fakeClock.advance(19)
    expect(await left()).toEqual(['b'])
    await fakeClock.advance(1)
    expect([await left(), seen.commits]).toEqual([[], 3])
  })

  it('refuses a transaction that is used after its step', async () => {
    const store = createStoreOver(openSqlite(':memory:'), { clock, log })
    const late = await store.step(async (tx) => () => tx.transfers.find(aKey()))
    await expect(late()).rejects.toThrow('after its end')
    await store.close()
  })

  it('runs steps when the clock says so, in the same order each time', async () => {
    const fakeClock = createFakeClock()
    const store = createStoreOver(openSqlite(':memory:'), { clock: fakeClock, log })
    const order: string[] = []
    for (const name of ['a', 'b', 'c']) {
      void store.step(async () => order.push(`run ${name}`)).then(() => order.push(`done ${name}`))
    }
    await Promise.resolve()
    expect(order).toEqual([])
    await fakeClock.advance(0)
    expect(order).toEqual(['run a', 'run b', 'run c', 'done a', 'done b', 'done c'])
  })

  it('leaves nothing of a crash in the middle of a batch', async () => {
    const place = aPlace()
    const store = place.open()
    await store.step(async (tx) => tx.transfers.insert(numbered(1)))
    const settled: string[] = []
    const half = store.step(async (tx) => {
      await tx.transfers.insert(numbered(2))
      store.crash()
      await tx.transfers.insert(numbered(3))
    })
    half.then(
      () => settled.push('kept'),
      () => settled.push('failed'),
    )
    await new Promise((resolve) => {
      clock.after(5, () => {
        resolve(0)
      })
    })
    const again = place.open()
    const left = await again.step((tx) => tx.transfers.list({ fspId: 'heron', limit: 9 }))
    expect(left).toEqual([numbered(1)])
    expect(settled).toEqual([])
    await again.close()
    place.remove()
  })
})

describe('a store file', () => {
  it('is refused when a later version wrote it', () => {
    const place = aPlace()
    const database = openSqlite(place.file)
    database.exec('CREATE TABLE schema_version (version BIGINT NOT NULL PRIMARY KEY)')
    database.run('INSERT INTO schema_version (version) VALUES (?)', [99])
    database.close()
    expect(() => place.open()).toThrow(/version 99, later than this program's/)
    place.remove()
  })

  it('holds all that was acknowledged before kill -9', async () => {
    const place = aPlace()
    compileInto(place.folder, 'hub')
    const script = join(place.folder, 'writer.js')
    writeFileSync(script, writer(place.file))
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      if (output.length > 2000) child.kill('SIGKILL')
    })
    const [, signal] = await once(child, 'close')
    expect(signal).toBe('SIGKILL')
    const acknowledged = output.split('\n').slice(0, -1)
    expect(acknowledged.length).toBeGreaterThan(100)
    const store = place.open()
    for (const transferId of acknowledged) {
      const record = await store.step((tx) => tx.transfers.find(aKey({ transferId })))
      expect(record?.key.transferId).toBe(transferId)
    }
    await store.close()
    place.remove()
  })
})

/** A program that inserts for ever and says which transfers were acknowledged. */
function writer(file: string): string {
  return `import { writeSync } from 'node:fs'
    import { createSystemClock } from './hub/clock.js'
    import { createSqliteStore } from './hub/store/sqlite-store.js'
    const log = { info() {}, warn() {}, error() {} }
    const store = createSqliteStore({ file: ${JSON.stringify(file)} }, { clock: createSystemClock(), log })
    const transfer = ${JSON.stringify(aTransfer(), (_, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v))}
    transfer.order.amount.minorUnits = 1050n
    const write = async (lane) => {
      for (let n = 0; ; n++) {
        const transferId = lane + '-' + n
        await store.step((tx) => tx.transfers.insert({ ...transfer, key: { ...transfer.key, transferId } }))
        writeSync(1, transferId + '\\n')
      }
    }
    for (const lane of ['a', 'b', 'c']) void write(lane)`
}
