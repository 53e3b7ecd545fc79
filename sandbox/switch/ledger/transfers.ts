import type { Clock } from '../../clock.ts'
import type { Row, Store } from '../../store.ts'
import { integerOf, optionalTextOf, textOf } from '../rows.ts'
import { minorUnitsOf } from './money.ts'

/** What FSPs see of the ledger's states (FSPIOP 1.1 §6.7.6). COMMITTED and ABORTED are final. */
export type TransferState = 'RECEIVED' | 'RESERVED' | 'COMMITTED' | 'ABORTED'

export type Transfer = {
  readonly transferId: string
  readonly payerFsp: string
  readonly payeeFsp: string
  /** As it was asked for; `unitsOfTransfer` counts it. */
  readonly amount: string
  readonly currency: string
  readonly condition: string
  readonly expiresAt: number
  readonly state: TransferState
  readonly errorCode: string | undefined
  readonly prepareHash: string
  readonly payerVersion: string
  readonly payeeVersion: string
  readonly fulfilHash: string | undefined
  readonly fulfilment: string | undefined
  /** As it is told to FSPs: "2026-01-01T00:00:00.000Z". */
  readonly completedAt: string | undefined
}

/** What may change when a transfer moves to another state. */
export type Move = {
  readonly state: TransferState
  readonly errorCode?: string
  readonly fulfilHash?: string
  readonly fulfilment?: string
  readonly completedAt?: string
  readonly payeeVersion?: string
  readonly windowId?: number
}

/** Transfers and the history of their states. All of it is called inside a transaction of the ledger. */
export interface Transfers {
  find(transferId: string): Transfer | undefined
  /** All of them, in the order in which they were received. */
  list(): readonly Transfer[]
  insert(transfer: Omit<Transfer, 'fulfilHash' | 'fulfilment' | 'completedAt' | 'errorCode'>): void
  /** Throws when the transfer is final already: that would be a bug of the switch. */
  move(transferId: string, move: Move): void
  /** RECEIVED and RESERVED whose expiration has come, at most `limit`, the oldest first. */
  expired(now: number, limit: number): readonly Transfer[]
  committedIn(windowIds: readonly number[]): readonly Transfer[]
}

/** The amount in minor units; zero for one that the currency cannot hold, which is never reserved. */
export function unitsOfTransfer(transfer: Pick<Transfer, 'amount' | 'currency'>): bigint {
  return minorUnitsOf(transfer.amount, transfer.currency) ?? 0n
}

/** The tables of transfers and their changes. */
export function createTransfers(ports: {
  readonly store: Store
  readonly clock: Clock
}): Transfers {
  const { store, clock } = ports
  const find: Transfers['find'] = (transferId) => {
    const row = store.all('SELECT * FROM transfers WHERE transfer_id = ?', transferId)[0]
    return row && transferOf(row)
  }
  const remember = (transferId: string, { state, errorCode }: Move): void => {
    const sql =
      'INSERT INTO transfer_changes (transfer_id, state, error_code, at) VALUES (?, ?, ?, ?)'
    store.run(sql, transferId, state, errorCode ?? null, clock.now())
  }
  return {
    find,
    list: () => store.all('SELECT * FROM transfers ORDER BY rowid').map(transferOf),
    insert(transfer) {
      insertInto(store, transfer, clock.now())
      remember(transfer.transferId, transfer)
    },
    move(transferId, move) {
      if (!updateOpen(store, transferId, move)) {
        throw new Error(`transfer ${transferId} is final and cannot become ${move.state}`)
      }
      remember(transferId, move)
    },
    expired: (now, limit) =>
      store
        .all(
          `SELECT * FROM transfers WHERE state IN ('RECEIVED', 'RESERVED') AND expires_at <= ?
           ORDER BY expires_at, rowid LIMIT ?`,
          now,
          limit,
        )
        .map(transferOf),
    committedIn: (windowIds) =>
      windowIds.flatMap((windowId) =>
        store.all('SELECT * FROM transfers WHERE window_id = ?', windowId).map(transferOf),
      ),
  }
}

function insertInto(
  store: Store,
  transfer: Parameters<Transfers['insert']>[0],
  receivedAt: number,
): void {
  store.run(
    `INSERT INTO transfers (transfer_id, payer_fsp, payee_fsp, amount, currency, condition, expires_at, state,
       prepare_hash, payer_version, payee_version, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    transfer.transferId,
    transfer.payerFsp,
    transfer.payeeFsp,
    transfer.amount,
    transfer.currency,
    transfer.condition,
    transfer.expiresAt,
    transfer.state,
    transfer.prepareHash,
    transfer.payerVersion,
    transfer.payeeVersion,
    receivedAt,
  )
}

function updateOpen(store: Store, transferId: string, move: Move): boolean {
  const changed = store.run(
    `UPDATE transfers SET state = ?, error_code = ?, fulfil_hash = coalesce(?, fulfil_hash), fulfilment = ?,
       completed_at = ?, payee_version = coalesce(?, payee_version), window_id = ?
     WHERE transfer_id = ? AND state IN ('RECEIVED', 'RESERVED')`,
    move.state,
    move.errorCode ?? null,
    move.fulfilHash ?? null,
    move.fulfilment ?? null,
    move.completedAt ?? null,
    move.payeeVersion ?? null,
    move.windowId ?? null,
    transferId,
  )
  return changed === 1
}

const states: readonly TransferState[] = ['RECEIVED', 'RESERVED', 'COMMITTED', 'ABORTED']

function transferOf(row: Row): Transfer {
  const state = states.find((each) => each === row['state'])
  if (!state) throw new Error('a transfer is in an unknown state')
  return {
    transferId: textOf(row, 'transfer_id'),
    payerFsp: textOf(row, 'payer_fsp'),
    payeeFsp: textOf(row, 'payee_fsp'),
    amount: textOf(row, 'amount'),
    currency: textOf(row, 'currency'),
    condition: textOf(row, 'condition'),
    expiresAt: integerOf(row, 'expires_at'),
    state,
    errorCode: optionalTextOf(row, 'error_code'),
    prepareHash: textOf(row, 'prepare_hash'),
    payerVersion: textOf(row, 'payer_version'),
    payeeVersion: textOf(row, 'payee_version'),
    fulfilHash: optionalTextOf(row, 'fulfil_hash'),
    fulfilment: optionalTextOf(row, 'fulfilment'),
    completedAt: optionalTextOf(row, 'completed_at'),
  }
}
