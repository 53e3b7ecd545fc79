import type { Clock } from '../../clock.ts'
import type { Faults } from '../../faults.ts'
import { dateTimeOf } from '../fspiop/date.ts'
import { fspiopError, type FspiopError } from '../fspiop/fspiop-error.ts'
import type { Lanes } from '../relay/lanes.ts'
import type { Message } from '../relay/message.ts'
import type { Outbox, Post } from '../relay/outbox.ts'
import type { Accounts } from './accounts.ts'
import { errorNotice, versionFor } from './notice.ts'
import type { Participants } from './participants.ts'
import { unitsOfTransfer, type Move, type Transfer, type Transfers } from './transfers.ts'
import type { SettlementWindows } from '../settlement/windows.ts'

/** What every part of the ledger works with. */
export type LedgerPorts = {
  readonly clock: Clock
  readonly faults: Faults
  readonly outbox: Outbox
  readonly lanes: Lanes
  readonly participants: Participants
  readonly accounts: Accounts
  readonly transfers: Transfers
  readonly windows: SettlementWindows
}

/** Moves a transfer on and returns it as it is now. Inside a transaction. */
export function moveTransfer(ports: LedgerPorts, transferId: string, move: Move): Transfer {
  ports.transfers.move(transferId, move)
  const moved = ports.transfers.find(transferId)
  if (!moved) throw new Error(`transfer ${transferId} is gone`)
  return moved
}

/** Makes a transfer ABORTED, and gives back to the payer's position what was reserved. Inside a transaction. */
export function abortTransfer(
  ports: LedgerPorts,
  transfer: Transfer,
  why: { readonly errorCode: string; readonly fulfilHash?: string; readonly payeeVersion?: string },
): Transfer {
  if (transfer.state === 'RESERVED') {
    movePosition(ports, {
      fsp: transfer.payerFsp,
      transfer,
      change: -unitsOfTransfer(transfer),
      reason: 'release',
    })
  }
  const completedAt = dateTimeOf(ports.clock.now())
  return moveTransfer(ports, transfer.transferId, { state: 'ABORTED', completedAt, ...why })
}

/** Changes a participant's position by minor units (positive: it owes more). Inside a transaction. */
export function movePosition(
  ports: LedgerPorts,
  of: {
    readonly fsp: string
    readonly transfer: Pick<Transfer, 'transferId' | 'currency'>
    readonly change: bigint
    readonly reason: 'reserve' | 'release' | 'commit'
  },
): void {
  const { fsp, transfer, change, reason } = of
  const position = ports.accounts.find(fsp, transfer.currency, 'POSITION')
  if (!position) throw new Error(`${fsp} has no position in ${transfer.currency}`)
  ports.accounts.move(position.accountId, change, { reference: transfer.transferId, reason })
}

/** Tells a party of the transfer an error, durably. */
export function postError(
  post: Post,
  transfer: Transfer,
  of: { readonly to: string; readonly error: FspiopError },
): void {
  const { transferId } = transfer
  const version = versionFor(transfer, of.to)
  post(errorNotice({ transferId, version, ...of }), { topic: transferId })
}

/** Answers a message that changed nothing; not kept, since whoever asked can ask again. */
export function reply(
  ports: LedgerPorts,
  transferId: string,
  ...messages: readonly Message[]
): void {
  for (const message of messages) ports.lanes.take({ message, topic: `${transferId} reply` })
}

/** Aborts all that has expired: 3303 to the payer, and to the payee when it may have heard of the transfer. */
export function sweepExpired(ports: LedgerPorts): void {
  const batchMax = 500
  for (let aborted = batchMax; aborted === batchMax;) {
    aborted = ports.outbox.commitNow((post) => {
      const expired = ports.transfers.expired(ports.clock.now(), batchMax)
      for (const transfer of expired) expire(ports, transfer, post)
      return expired.length
    })
  }
}

function expire(ports: LedgerPorts, transfer: Transfer, post: Post): void {
  const error = fspiopError('3303')
  const aborted = abortTransfer(ports, transfer, error)
  postError(post, aborted, { to: transfer.payerFsp, error })
  if (transfer.state === 'RESERVED') postError(post, aborted, { to: transfer.payeeFsp, error })
}
