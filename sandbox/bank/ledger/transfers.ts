import type { Row, Store } from '../../store.ts'
import { integer, optionalInteger, text } from './rows.ts'

/** Which side of the transfer the account is on. */
export type Role = 'PAYER' | 'PAYEE'

/** A transfer's row on one account. `released` = let go by a RELEASE, even if booked afterwards. `total` is what was held; `fee` what was charged, and before booking what was held for it. */
export type TransferRecord = {
  readonly id: bigint
  readonly savingsId: bigint
  readonly role: Role
  readonly transferCode: string
  readonly amount: bigint
  readonly total: bigint
  readonly fee: bigint
  readonly holdId?: bigint
  readonly released: boolean
  readonly bookedId?: bigint
}

/** What a transfer is found by: the same code on another account is another transfer, as in Fineract. */
export type TransferName = Pick<TransferRecord, 'savingsId' | 'role' | 'transferCode'>

type MoveOf = {
  readonly transferCode: string
  readonly amount: { readonly minorUnits: bigint }
  readonly total: bigint
}

/** The index of interop transfers: Fineract searches the statement for them, which a statement of thousands makes slow. */
export interface Transfers {
  find(name: TransferName): TransferRecord | undefined
  findByHold(holdId: bigint): TransferRecord | undefined
  /** In the order in which the bank first heard of them. */
  all(): readonly TransferRecord[]
  insertHold(savingsId: bigint, move: MoveOf, holdId: bigint): void
  insertCredit(savingsId: bigint, move: MoveOf, bookedId: bigint): void
  markReleased(id: bigint): void
  book(
    id: bigint,
    booking: Pick<TransferRecord, 'amount' | 'fee'> & { readonly bookedId: bigint },
  ): void
}

/** The transfers in this store. */
export function createTransfers(store: Store): Transfers {
  const one = (row: Row | undefined): TransferRecord | undefined => row && transferOf(row)
  return {
    find({ savingsId, role, transferCode }) {
      const sql =
        'SELECT * FROM interop_transfer WHERE savings_id = ? AND role = ? AND transfer_code = ?'
      return one(store.all(sql, savingsId, role, transferCode)[0])
    },
    findByHold: (holdId) =>
      one(store.all('SELECT * FROM interop_transfer WHERE hold_id = ?', holdId)[0]),
    all: () => store.all('SELECT * FROM interop_transfer ORDER BY id').map(transferOf),
    insertHold(savingsId, move, holdId) {
      const { minorUnits } = move.amount
      const reservedFee = move.total > minorUnits ? move.total - minorUnits : 0n
      store.run(
        `INSERT INTO interop_transfer (savings_id, role, transfer_code, amount, total, fee, hold_id)
         VALUES (?, 'PAYER', ?, ?, ?, ?, ?)`,
        savingsId,
        move.transferCode,
        minorUnits,
        move.total,
        reservedFee,
        holdId,
      )
    },
    insertCredit(savingsId, move, bookedId) {
      const { minorUnits } = move.amount
      store.run(
        `INSERT INTO interop_transfer (savings_id, role, transfer_code, amount, total, fee, booked_id)
         VALUES (?, 'PAYEE', ?, ?, ?, 0, ?)`,
        savingsId,
        move.transferCode,
        minorUnits,
        minorUnits,
        bookedId,
      )
    },
    markReleased(id) {
      store.run('UPDATE interop_transfer SET released = 1 WHERE id = ?', id)
    },
    book(id, { amount, fee, bookedId }) {
      const sql = 'UPDATE interop_transfer SET amount = ?, fee = ?, booked_id = ? WHERE id = ?'
      store.run(sql, amount, fee, bookedId, id)
    },
  }
}

function transferOf(row: Row): TransferRecord {
  const holdId = optionalInteger(row, 'hold_id')
  const bookedId = optionalInteger(row, 'booked_id')
  return {
    id: integer(row, 'id'),
    savingsId: integer(row, 'savings_id'),
    role: text(row, 'role') === 'PAYER' ? 'PAYER' : 'PAYEE',
    transferCode: text(row, 'transfer_code'),
    amount: integer(row, 'amount'),
    total: integer(row, 'total'),
    fee: integer(row, 'fee'),
    released: integer(row, 'released') === 1n,
    ...(holdId !== undefined && { holdId }),
    ...(bookedId !== undefined && { bookedId }),
  }
}
