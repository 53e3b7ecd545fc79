import { basename } from 'node:path'
import { openSqlite, type SqlDatabase } from '../../hub/store/sqlite.ts'
import { openStore, type Store } from '../../sandbox/store.ts'

/** The files of a lab, each on a disk of its own that can be full: SQLite itself then refuses to grow. */
export type Disks = {
  /** Takes every page that the file has left, and lets it have no more. */
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
  const named = (name: DiskName): Opened => {
    const database = opened.get(name)
    if (!database) throw new Error(`no file ${name}`)
    return database
  }
  return {
    fill: (name) => fill(named(name)),
    free: (name) => {
      named(name).all(`PRAGMA max_page_count = ${String(roomy)}`)
      named(name).exec('DROP TABLE filler')
    },
    refusals: (name) => refused.get(name) ?? 0,
    hub: { open: (file) => keep(file, openSqlite(file)) },
    sandbox: { open: (file) => keep(file, openStore(file)) },
  }
}

function fill(database: Opened): void {
  database.exec('CREATE TABLE filler (bytes)')
  const [row] = database.all('PRAGMA page_count')
  database.all(`PRAGMA max_page_count = ${String(row?.['page_count'])}`)
  for (const size of [3_000, 1_000, 100]) fillWith(database, size)
}

function fillWith(database: Opened, size: number): void {
  try {
    for (;;) database.exec(`INSERT INTO filler VALUES (zeroblob(${String(size)}))`)
  } catch {
    // It is full: what was wanted.
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
