import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { prepareDataFolder } from '../../../sandbox/lab/data-folder.ts'
import { openStore } from '../../../sandbox/store.ts'

describe('prepareDataFolder', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kivuko-folder-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('makes a folder that is not there', () => {
    prepareDataFolder(join(folder, 'deep', 'data'), { fresh: false })
    expect(existsSync(join(folder, 'deep', 'data'))).toBe(true)
  })

  it('takes away what a lab has written when it starts afresh, and nothing of anybody else', () => {
    for (const name of ['hub.db', 'hub.db-wal', 'notes.txt', 'my.db']) {
      writeFileSync(join(folder, name), '')
    }
    prepareDataFolder(folder, { fresh: true })
    const left = ['hub.db', 'hub.db-wal', 'notes.txt', 'my.db'].map((name) =>
      existsSync(join(folder, name)),
    )
    expect(left).toEqual([false, false, true, true])
  })

  it('takes nothing away from a lab that is running', () => {
    const file = join(folder, 'heron.db')
    const store = openStore(file)
    expect(() => prepareDataFolder(folder, { fresh: true })).toThrow(
      `${file} is in use by another program`,
    )
    expect(existsSync(file)).toBe(true)
    store.close()
  })
})
