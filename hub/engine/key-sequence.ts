import type { SqlDatabase } from '../store/sqlite.ts'

const schema = `
CREATE TABLE IF NOT EXISTS engine_keys (id INTEGER PRIMARY KEY CHECK (id = 1), next_key INTEGER NOT NULL)`

/** Keys look like those of Zeebe's partition 1, and stay below 2^53. */
const firstKey = 2 ** 51 + 1
const keysPerReservation = 1000

/** Rising numbers, each given out once in the life of a file. */
export interface KeySequence {
  next(): number
  /** Reserves the keys given out since the last time, in the transaction that uses them. */
  write(): void
  /** Goes on after the keys that were reserved. */
  read(): void
}

/** The sequence of a file. Keys are reserved a thousand at a time, so that most commits need not write it. */
export function createKeySequence(database: SqlDatabase): KeySequence {
  database.exec(schema)
  let next = 0
  let reservedUpTo = 0
  let writtenUpTo = 0
  return {
    next: () => {
      if (next >= reservedUpTo) reservedUpTo = next + keysPerReservation
      return next++
    },
    write: () => {
      if (writtenUpTo === reservedUpTo) return
      const sql = 'INSERT OR REPLACE INTO engine_keys (id, next_key) VALUES (1, ?)'
      database.run(sql, [reservedUpTo])
      writtenUpTo = reservedUpTo
    },
    read: () => {
      const [row] = database.all('SELECT next_key FROM engine_keys')
      writtenUpTo = row === undefined ? firstKey : Number(row['next_key'])
      next = Math.max(next, writtenUpTo)
      reservedUpTo = next
    },
  }
}
