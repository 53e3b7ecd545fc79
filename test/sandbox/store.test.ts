import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { openStore, type Store } from '../../sandbox/store.ts'

const folder = mkdtempSync(join(tmpdir(), 'kivuko-store-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function fresh(file = ':memory:'): Store {
  const store = openStore(file)
  store.exec(
    'CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, words TEXT, raw BLOB) STRICT',
  )
  return store
}

describe('a store', () => {
  it('keeps integers beyond 2^53, text, bytes and null', () => {
    const store = fresh()
    const big = 9_007_199_254_740_993n
    store.run('INSERT INTO note VALUES (?, ?, ?)', big, 'ok', Buffer.from([1, 2]))
    store.run('INSERT INTO note VALUES (?, ?, ?)', 2, null, null)
    expect(store.all('SELECT * FROM note ORDER BY id')).toEqual([
      { id: 2n, words: null, raw: null },
      { id: big, words: 'ok', raw: new Uint8Array([1, 2]) },
    ])
    expect(store.all('SELECT id FROM note WHERE words IS ?', null)).toEqual([{ id: 2n }])
  })

  it('tells the number of a new row', () => {
    const store = fresh()
    expect(store.insert('INSERT INTO note (words) VALUES (?)', 'a')).toBe(1n)
    expect(store.insert('INSERT INTO note (id) VALUES (?)', 7)).toBe(7n)
  })

  it('refuses a number that is no integer', () => {
    expect(() => fresh().run('INSERT INTO note (id) VALUES (?)', 0.5)).toThrow('not an integer')
  })

  it('applies nothing of a transaction that throws, nested ones included', () => {
    const store = fresh()
    const work = (): void => {
      store.run('INSERT INTO note (id) VALUES (1)')
      store.transaction(() => store.run('INSERT INTO note (id) VALUES (2)'))
      throw new Error('halfway')
    }
    expect(() => {
      store.transaction(work)
    }).toThrow('halfway')
    expect(store.all('SELECT id FROM note')).toEqual([])
    expect(store.transaction(() => store.run('INSERT INTO note (id) VALUES (3)'))).toBe(1)
  })

  it('applies nothing when the disk is full', () => {
    const store = fresh(join(folder, 'full.db'))
    store.exec('PRAGMA max_page_count = 20')
    const work = (): void => {
      for (let id = 1; id < 100; id += 1) {
        store.run('INSERT INTO note (id, words) VALUES (?, ?)', id, 'x'.repeat(4_000))
      }
    }
    expect(() => {
      store.transaction(work)
    }).toThrow(/full/)
    expect(store.all('SELECT count(*) AS n FROM note')).toEqual([{ n: 0n }])
    store.run('INSERT INTO note (id) VALUES (1)')
    store.close()
  })

  it('has everything that was committed when the file is opened again', () => {
    const file = join(folder, 'kept.db')
    const store = fresh(file)
    store.run('INSERT INTO note (id, words) VALUES (1, ?)', 'kept')
    store.close()
    const again = fresh(file)
    expect(again.all('SELECT words FROM note')).toEqual([{ words: 'kept' }])
    again.close()
  })

  it('says in one sentence that the file is in use, even before anything was written', () => {
    const file = join(folder, 'held.db')
    openStore(file).close()
    const holder = openStore(file)
    expect(() => openStore(file)).toThrow(`${file} is in use by another program`)
    holder.close()
    openStore(file).close()
  })

  it('says why a file cannot be opened', () => {
    expect(() => openStore(join(folder, 'no', 'such', 'folder.db'))).toThrow('cannot open')
  })
})
