import { errorBody, type FspiopError } from '../fspiop/fspiop-error.ts'
import type { Inbound } from '../fspiop/inbound.ts'
import type { Operation } from '../faults.ts'
import { endToEnd, ownMessage, type Message } from '../relay/message.ts'
import type { Transfer } from './transfers.ts'

/** A received request, to be passed on as it came: bytes and end-to-end headers. */
export function relayOf(inbound: Inbound, to: string, operation: Operation): Message {
  const { method, path, headers, bytes } = inbound.request
  return { to, operation, method, path, headers: endToEnd(headers), isOwn: false, bytes }
}

/** PUT /transfers/{ID}: what the ledger says of a transfer, with the fulfilment once it is COMMITTED. */
export function stateNotice(
  transfer: Transfer,
  to: string,
  options: {
    readonly operation: Operation
    readonly datedAt?: number
    readonly extensionList?: unknown
  },
): Message {
  const { transferState, completedTimestamp } = stateBody(transfer)
  const { extensionList, ...rest } = options
  return ownMessage({
    to,
    method: 'PUT',
    path: `/transfers/${transfer.transferId}`,
    resource: 'transfers',
    version: versionFor(transfer, to),
    body: { fulfilment: transfer.fulfilment, completedTimestamp, transferState, extensionList },
    ...rest,
  })
}

/** PATCH /transfers/{ID}: the outcome, for a payee that said RESERVED (FSPIOP 1.1 §6.7.3.3). */
export function outcomeNotice(transfer: Transfer): Message {
  return ownMessage({
    to: transfer.payeeFsp,
    operation: 'patch-transfers',
    method: 'PATCH',
    path: `/transfers/${transfer.transferId}`,
    resource: 'transfers',
    version: '1.1',
    body: stateBody(transfer),
  })
}

/** PUT /transfers/{ID}/error from the switch itself. */
export function errorNotice(of: {
  readonly transferId: string
  readonly to: string
  readonly error: FspiopError
  readonly version: string
  readonly operation?: Operation
  readonly datedAt?: number
}): Message {
  const { transferId, error, operation = 'put-transfers-callback', ...rest } = of
  return ownMessage({
    ...rest,
    operation,
    method: 'PUT',
    path: `/transfers/${transferId}/error`,
    resource: 'transfers',
    body: errorBody(error),
  })
}

/** The version in which a party of the transfer has been speaking about it. */
export function versionFor(transfer: Transfer, fsp: string): string {
  return fsp === transfer.payerFsp ? transfer.payerVersion : transfer.payeeVersion
}

function stateBody(transfer: Transfer): {
  readonly completedTimestamp: string | undefined
  readonly transferState: string
} {
  return { completedTimestamp: transfer.completedAt, transferState: transfer.state }
}
