import { basename } from 'node:path'
import { openSqlite, type SqlDatabase } from '../../hub/store/sqlite.ts'
import { openStore, type Store } from '../../sandbox/store.ts'

/** The files of a lab, each on a disk of its own that can be full: SQLite itself then refuses to grow. */
export type Disks = {
  /** Leaves the file no page more than it has. */
  fill(name: DiskName): void
  /** Makes room again. */
  free(name: DiskName): void
  /** How often the file could not be written since it was opened. */
  refusals(name: DiskName): number
  readonly hub: { readonly open: (file: string) => SqlDatabase }
  readonly sandbox: { readonly open: (file: string) => Store }
}

/** Whose file. */
export type DiskName = 'hub' | 'engine' | 'switch' | 'heron' | 'weaver' | 'ibis' | 'kingfisher'

type Opened = {
  all(sql: string): readonly { readonly [column: string]: unknown }[]
  exec(sql: string): void
}

const roomy = 1_000_000

/** Disks with room for all. */
export function createDisks(): Disks {
  const opened = new Map<string, Opened>()
  const refused = new Map<string, number>()
  const keep = <T extends Opened>(file: string, database: T): T => {
    const name = basename(file, '.db')
    opened.set(name, database)
    return watched(database, () => refused.set(name, (refused.get(name) ?? 0) + 1))
  }
  const limit = (name: DiskName, pages: (database: Opened) => number): void => {
    const database = opened.get(name)
    if (!database) throw new Error(`no file ${name}`)
    database.all(`PRAGMA max_page_count = ${String(pages(database))}`)
  }
  const pagesOf = (database: Opened): number => {
    const [row] = database.all('PRAGMA page_count')
    return Number(row?.['page_count'])
  }
  return {
    fill: (name) => limit(name, pagesOf),
    free: (name) => limit(name, () => roomy),
    refusals: (name) => refused.get(name) ?? 0,
    hub: { open: (file) => keep(file, openSqlite(file)) },
    sandbox: { open: (file) => keep(file, openStore(file)) },
  }
}

/** The same, telling of each call that failed for want of room. */
function watched<T extends object>(database: T, tell: () => void): T {
  const watch =
    (call: (...args: unknown[]) => unknown) =>
    (...args: unknown[]): unknown => {
      try {
        return call(...args)
      } catch (failure) {
        if (failure instanceof Error && failure.message.includes('full')) tell()
        throw failure
      }
    }
  return Object.fromEntries(
    Object.entries(database).map(([name, call]) => [name, watch(call as () => unknown)]),
  ) as T
}
