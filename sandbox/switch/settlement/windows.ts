import type { Clock } from '../../clock.ts'
import type { Row, Store } from '../../store.ts'
import { integerOf, textOf } from '../rows.ts'

/** OPEN takes what is committed; CLOSED waits for a settlement; the rest is the settlement's state. */
export type WindowState = 'OPEN' | 'CLOSED' | 'PENDING_SETTLEMENT' | 'SETTLED' | 'ABORTED'

export type SettlementWindow = {
  readonly windowId: number
  readonly state: WindowState
  readonly reason: string
  readonly createdAt: number
  readonly changedAt: number
  readonly settlementId: number | undefined
}

/** Settlement windows: exactly one is OPEN at any time. */
export interface SettlementWindows {
  /** The one that takes commits now. */
  openWindowId(): number
  find(windowId: number): SettlementWindow | undefined
  list(): readonly SettlementWindow[]
  /** Closes the open one and opens the next, in one transaction; false when this one is not open. */
  close(windowId: number, reason: string): boolean
  settle(windowId: number, state: WindowState, settlementId: number): void
}

/** The table of windows; the first is opened when there is none. */
export function createSettlementWindows(ports: {
  readonly store: Store
  readonly clock: Clock
}): SettlementWindows {
  const { store, clock } = ports
  const open = (): void => {
    const now = clock.now()
    const sql =
      "INSERT INTO settlement_windows (state, reason, created_at, changed_at) VALUES ('OPEN', '', ?, ?)"
    store.run(sql, now, now)
  }
  const list = (): readonly SettlementWindow[] =>
    store.all('SELECT * FROM settlement_windows ORDER BY window_id').map(windowOf)
  const openWindow = (): SettlementWindow | undefined => {
    const row = store.all("SELECT * FROM settlement_windows WHERE state = 'OPEN'")[0]
    return row && windowOf(row)
  }
  if (!openWindow()) open()
  return {
    openWindowId() {
      const current = openWindow()
      if (!current) throw new Error('no settlement window is open')
      return current.windowId
    },
    find: (windowId) => list().find((each) => each.windowId === windowId),
    list,
    close: (windowId, reason) =>
      store.transaction(() => {
        const sql =
          "UPDATE settlement_windows SET state = 'CLOSED', reason = ?, changed_at = ? WHERE window_id = ? AND state = 'OPEN'"
        const isClosed = store.run(sql, reason, clock.now(), windowId) === 1
        if (isClosed) open()
        return isClosed
      }),
    settle(windowId, state, settlementId) {
      const sql =
        'UPDATE settlement_windows SET state = ?, settlement_id = ?, changed_at = ? WHERE window_id = ?'
      store.run(sql, state, settlementId, clock.now(), windowId)
    },
  }
}

const states: readonly WindowState[] = [
  'OPEN',
  'CLOSED',
  'PENDING_SETTLEMENT',
  'SETTLED',
  'ABORTED',
]

function windowOf(row: Row): SettlementWindow {
  const state = states.find((each) => each === row['state'])
  if (!state) throw new Error('a settlement window is in an unknown state')
  return {
    windowId: integerOf(row, 'window_id'),
    state,
    reason: textOf(row, 'reason'),
    createdAt: integerOf(row, 'created_at'),
    changedAt: integerOf(row, 'changed_at'),
    settlementId: row['settlement_id'] === null ? undefined : integerOf(row, 'settlement_id'),
  }
}
