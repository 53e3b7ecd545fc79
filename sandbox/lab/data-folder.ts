import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bankNames } from '../seed.ts'
import { openStore } from '../store.ts'

const databases = [...bankNames, 'switch', 'hub', 'engine']

/**
 * Makes the folder of a lab's files ready. `fresh` takes away the databases that a lab has written and nothing else, and
 * throws one sentence when a running lab holds them. ":memory:" needs no folder.
 */
export function prepareDataFolder(dataDir: string, { fresh }: { readonly fresh: boolean }): void {
  if (dataDir === ':memory:') return
  mkdirSync(dataDir, { recursive: true })
  if (!fresh) return
  const first = join(dataDir, `${bankNames[0]}.db`)
  // A lab locks its banks' files first, so this is refused while one runs.
  if (existsSync(first)) openStore(first).close()
  for (const name of databases) {
    for (const suffix of ['', '-wal', '-shm', '-journal']) {
      rmSync(join(dataDir, `${name}.db${suffix}`), { force: true })
    }
  }
}
