import { fspiopError } from '../fspiop/fspiop-error.ts'
import type { Inbound } from '../fspiop/inbound.ts'
import type { Message } from '../relay/message.ts'
import type { LedgerPorts } from './ledger.ts'
import { errorNotice, stateNotice } from './notice.ts'

/**
 * The answer to GET /transfers/{ID}: what the ledger holds now, dated now, or 3208; 3000 for who is no party of it. What
 * was held back about the transfer leaves too.
 */
export function readTransfer(ports: LedgerPorts, inbound: Inbound, transferId: string): Message {
  const datedAt = ports.clock.now()
  const { source, version } = inbound
  const operation = 'get-transfers'
  const transfer = ports.transfers.find(transferId)
  if (!transfer) {
    const error = fspiopError('3208')
    return errorNotice({ transferId, to: source, error, version, operation, datedAt })
  }
  if (source !== transfer.payerFsp && source !== transfer.payeeFsp) {
    const error = fspiopError('3000', 'the transfer is not yours')
    return errorNotice({ transferId, to: source, error, version, operation, datedAt })
  }
  ports.outbox.release(transferId)
  return stateNotice(transfer, source, { operation, datedAt })
}
