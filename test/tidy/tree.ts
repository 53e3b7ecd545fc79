import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A text file of the repository; `path` from the root, with slashes. */
export type TextFile = { readonly path: string; readonly text: string }

export const root = fileURLToPath(new URL('../..', import.meta.url))

const foreign = new Set(['node_modules', 'dist', 'coverage', 'data', '.git', '.tools'])

/** Paths of all files below a folder of the repository, generated and foreign ones aside; none when it does not exist. */
export function filesBelow(folder: string): readonly string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !foreign.has(name))
    .flatMap((entry) => {
      const path = folder === '.' ? entry.name : `${folder}/${entry.name}`
      return entry.isDirectory() ? filesBelow(path) : [path]
    })
    .toSorted()
}

export function foldersIn(folder: string): readonly string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()
}

export function read(path: string): TextFile {
  return { path, text: readFileSync(join(root, path), 'utf8') }
}

/** The TypeScript of the folders that ship, read once. */
export const shippedSources: readonly TextFile[] = ['hub', 'connectors', 'workflows', 'sandbox']
  .flatMap(filesBelow)
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
  .map(read)

export const testSources: readonly TextFile[] = filesBelow('test')
  .filter((path) => path.endsWith('.ts'))
  .map(read)
