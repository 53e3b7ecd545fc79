import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { openSqlite } from '../../../hub/store/sqlite.ts'

const libsql = join(import.meta.dirname, '../../../node_modules/libsql/index.js')

describe('a SQLite file', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kivuko-sqlite-'))
    file = join(folder, 'x.db')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  it('gives back what was stored, integers beyond 2^53 and bytes included', () => {
    const database = openSqlite(file)
    database.exec('CREATE TABLE t (a TEXT, b INTEGER, c INTEGER, d BLOB, e REAL, f TEXT)')
    const bytes = new Uint8Array([0, 1, 255])
    const changed = database.run('INSERT INTO t VALUES (?,?,?,?,?,?)', [
      'x',
      5,
      9_007_199_254_740_993n,
      bytes,
      0.5,
      null,
    ])
    expect(changed).toBe(1)
    database.close()
    const again = openSqlite(file)
    expect(again.all('SELECT * FROM t WHERE b = ?', [5])).toEqual([
      { a: 'x', b: 5, c: 9_007_199_254_740_993n, d: bytes, e: 0.5, f: null },
    ])
    again.close()
  })

  it('writes whole numbers into TEXT columns without a decimal point', () => {
    const database = openSqlite(':memory:')
    database.exec('CREATE TABLE t (a TEXT)')
    database.run('INSERT INTO t VALUES (?)', [12])
    expect(database.all('SELECT a FROM t')).toEqual([{ a: '12' }])
    database.close()
  })

  it('writes nothing of a transaction that throws, and goes on afterwards', () => {
    const database = openSqlite(':memory:')
    database.exec('CREATE TABLE t (a INTEGER PRIMARY KEY)')
    expect(() =>
      database.transaction(() => {
        database.run('INSERT INTO t VALUES (1)')
        throw new Error('no')
      }),
    ).toThrow('no')
    database.transaction(() => database.run('INSERT INTO t VALUES (2)'))
    expect(database.all('SELECT a FROM t')).toEqual([{ a: 2 }])
    database.close()
  })

  it('refuses a value that no column can hold, instead of ending the program', () => {
    const database = openSqlite(':memory:')
    database.exec('CREATE TABLE t (a)')
    const wrong: unknown = [true]
    expect(() => database.run('INSERT INTO t VALUES (?)', wrong as string[])).toThrow(
      'a boolean cannot be stored in a column',
    )
    database.close()
  })

  it('says in one sentence that another program has the file', () => {
    const database = openSqlite(file)
    expect(() => openSqlite(file)).toThrow(/in use by another program/)
    database.close()
    openSqlite(file).close()
  })

  it('is free again after a program that had it was killed, and keeps what that program committed', () => {
    const script = `import Database from ${JSON.stringify(libsql)}
      const d = new Database(${JSON.stringify(file)})
      d.exec('PRAGMA locking_mode=EXCLUSIVE'); d.exec('PRAGMA journal_mode=WAL'); d.exec('CREATE TABLE t (a)')
      d.exec('INSERT INTO t VALUES (1)'); d.exec('BEGIN'); d.exec('INSERT INTO t VALUES (2)')
      process.kill(process.pid, 'SIGKILL')`
    const killed = spawnSync(process.execPath, ['--input-type=module', '-e', script])
    expect(killed.signal).toBe('SIGKILL')
    const database = openSqlite(file)
    expect(database.all('SELECT a FROM t')).toEqual([{ a: 1 }])
    database.close()
  })
})
