/** Where the end of the last reservation is kept. */
export type KeyTable = {
  readonly read: () => number | undefined
  readonly write: (nextKey: number) => void
}

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

/** A sequence over its table. Keys are reserved a thousand at a time, so that most commits need not write it. */
export function createKeySequence(table: KeyTable): KeySequence {
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
      table.write(reservedUpTo)
      writtenUpTo = reservedUpTo
    },
    read: () => {
      writtenUpTo = table.read() ?? firstKey
      next = Math.max(next, writtenUpTo)
      reservedUpTo = next
    },
  }
}
