import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A fresh folder for a lab's files, and its end. */
export type DataFolder = { readonly path: string; remove(): void }

/** Where Linux keeps files in memory: a flush to a busy disk takes longer than the rest of a virtual transfer. */
const memoryFolder = '/dev/shm'

/** Makes a folder of its own, in memory where the system has such a place. */
export function makeDataFolder(): DataFolder {
  const path = mkdtempSync(join(existsSync(memoryFolder) ? memoryFolder : tmpdir(), 'kivuko-'))
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true })
    },
  }
}
