import type { ErrorBody, Fulfil } from '../fspiop/bodies.ts'
import { fits, parametersHash } from '../fspiop/canonical.ts'
import { dateTimeOf, msOf } from '../fspiop/date.ts'
import { fspiopError, isUsableErrorCode, type FspiopError } from '../fspiop/fspiop-error.ts'
import type { Inbound } from '../fspiop/inbound.ts'
import type { Message } from '../relay/message.ts'
import type { Post } from '../relay/outbox.ts'
import {
  abortTransfer,
  movePosition,
  moveTransfer,
  postError,
  reply,
  type LedgerPorts,
} from './ledger.ts'
import { errorNotice, outcomeNotice, relayOf, stateNotice } from './notice.ts'
import { unitsOfTransfer, type Transfer } from './transfers.ts'

/** What a payee sends about a transfer: a fulfilment, or the reason why it refuses. */
export type PayeeAnswer = {
  readonly inbound: Inbound
  readonly transferId: string
  readonly content: Fulfil | ErrorBody
  /** The moment by which the expiration is judged instead of that of the transaction: a fault. */
  readonly judgedAt?: number
}

type Fulfilment = PayeeAnswer & { readonly content: Fulfil }
type Verdict = readonly Message[] | FspiopError
type Step = {
  readonly transfer: Transfer
  readonly hash: string
  readonly post: Post
}

/** How far a completedTimestamp may be off (OSS ledger). */
const timestampAheadMsMax = 200
const timestampAgeMsMax = 300_000

/**
 * Takes PUT /transfers/{ID} or …/error. Repeats are recognised first. What it decides is on disk when this resolves; the
 * error returned, if any, is for the synchronous answer.
 */
export async function takePayeeAnswer(
  ports: LedgerPorts,
  answer: PayeeAnswer,
): Promise<FspiopError | undefined> {
  const { inbound, transferId } = answer
  const hash = parametersHash(JSON.parse(Buffer.from(inbound.request.bytes).toString('utf8')))
  const verdict = await ports.outbox.commit((post): Verdict => {
    const transfer = ports.transfers.find(transferId)
    if (!transfer) return [errorTo(answer, fspiopError('2001', 'transfer not found'))]
    if (transfer.fulfilHash !== undefined && inbound.source === transfer.payeeFsp) {
      return answerRepeat(transfer, answer, hash)
    }
    return decide(ports, answer, { transfer, hash, post })
  })
  if ('errorCode' in verdict) return verdict
  reply(ports, transferId, ...verdict)
  return undefined
}

function answerRepeat(transfer: Transfer, answer: PayeeAnswer, hash: string): readonly Message[] {
  if (transfer.fulfilHash !== hash) {
    return [errorTo(answer, fspiopError('3106', 'the transfer was answered before'))]
  }
  return [stateNotice(transfer, transfer.payeeFsp, { operation: 'put-transfers-callback' })]
}

function decide(ports: LedgerPorts, answer: PayeeAnswer, step: Step): Verdict {
  const { transfer } = step
  const malformed = contentProblem(answer, ports.clock.now())
  if (malformed) return malformed
  // The OSS switch drops it without a word: RESERVED came with 1.1, and the transfer runs out.
  if (saysReserved(answer) && answer.inbound.version === '1.0') return []
  if (transfer.state !== 'RESERVED') {
    const error = errorTo(answer, fspiopError('3100', 'non-RESERVED transfer state'))
    const isOwed = saysReserved(answer) && answer.inbound.source === transfer.payeeFsp
    return isOwed ? [error, outcomeNotice(transfer)] : [error]
  }
  const error = objection(answer, transfer, answer.judgedAt ?? ports.clock.now())
  if (error) return abortInvalid(ports, { ...answer, error }, step)
  return isFulfilment(answer) ? commit(ports, answer, step) : refuse(ports, answer, step)
}

/** Why an answer to a RESERVED transfer aborts it. */
function objection(answer: PayeeAnswer, transfer: Transfer, now: number): FspiopError | undefined {
  const { source, destination } = answer.inbound
  if (source !== transfer.payeeFsp || destination !== transfer.payerFsp) {
    return fspiopError('3100', 'invalid headers')
  }
  if (!isFulfilment(answer)) return undefined
  if (now >= transfer.expiresAt) return fspiopError('3303')
  const isFulfilled = fits(answer.content.fulfilment ?? '', transfer.condition)
  return isFulfilled ? undefined : fspiopError('3100', 'invalid fulfilment')
}

function contentProblem(answer: PayeeAnswer, now: number): FspiopError | undefined {
  if (!isFulfilment(answer)) return undefined
  const { transferState, completedTimestamp } = answer.content
  if (transferState !== 'RESERVED' && transferState !== 'COMMITTED') {
    return fspiopError('3100', `transferState ${transferState} fulfils nothing`)
  }
  if (completedTimestamp === undefined) return undefined
  const ageMs = now - msOf(completedTimestamp)
  if (ageMs < -timestampAheadMsMax)
    return fspiopError('3100', 'completedTimestamp is in the future')
  return ageMs > timestampAgeMsMax
    ? fspiopError('3100', 'completedTimestamp is too old')
    : undefined
}

/** COMMITTED. Who said COMMITTED is relayed as it came; who said RESERVED gets a PATCH, and the payer our own PUT. */
function commit(ports: LedgerPorts, answer: Fulfilment, step: Step): readonly Message[] {
  const { inbound, content } = answer
  const { transfer, hash, post } = step
  const now = dateTimeOf(ports.clock.now())
  if (ports.faults.take('put-transfers', 'tell-before-commit')) {
    return [toldBefore(transfer, content, now)]
  }
  const isReserving = content.transferState === 'RESERVED'
  const change = -unitsOfTransfer(transfer)
  movePosition(ports, { fsp: transfer.payeeFsp, transfer, change, reason: 'commit' })
  const committed = moveTransfer(ports, transfer.transferId, {
    state: 'COMMITTED',
    fulfilHash: hash,
    fulfilment: content.fulfilment ?? '',
    completedAt: isReserving ? now : (content.completedTimestamp ?? now),
    payeeVersion: inbound.version,
    windowId: ports.windows.openWindowId(),
  })
  const operation = 'put-transfers-callback'
  const { extensionList } = content
  const toPayer = isReserving
    ? stateNotice(committed, transfer.payerFsp, { operation, extensionList })
    : relayOf(inbound, transfer.payerFsp, operation)
  const toPayee = isReserving
    ? outcomeNotice(committed)
    : stateNotice(committed, transfer.payeeFsp, { operation })
  const isHeld = isHeldByFault(ports)
  for (const message of [toPayer, toPayee]) post(message, { topic: transfer.transferId, isHeld })
  return []
}

/** The fault `tell-before-commit`: the payer hears COMMITTED, and the ledger never writes it. */
function toldBefore(transfer: Transfer, { fulfilment }: Fulfil, completedAt: string): Message {
  const told: Transfer = { ...transfer, state: 'COMMITTED', fulfilment, completedAt }
  return stateNotice(told, transfer.payerFsp, { operation: 'put-transfers-callback' })
}

function isHeldByFault(ports: LedgerPorts): boolean {
  return ports.faults.take('put-transfers', 'commit-then-hang') !== undefined
}

/** ABORTED because of the payee's own no; both hear it, the payer in the payee's words. */
function refuse(ports: LedgerPorts, answer: PayeeAnswer, step: Step): readonly Message[] {
  const { inbound } = answer
  const { transfer, hash, post } = step
  const error = refusalOf(answer)
  const payeeVersion = inbound.version
  const aborted = abortTransfer(ports, transfer, {
    ...codeOf(error),
    fulfilHash: hash,
    payeeVersion,
  })
  const topic = transfer.transferId
  const isHeld = isHeldByFault(ports)
  if (error.errorCode === statedCode(answer)) {
    post(relayOf(inbound, transfer.payerFsp, 'put-transfers-callback'), { topic, isHeld })
  } else postError(post, aborted, { to: transfer.payerFsp, error })
  postError(post, aborted, { to: transfer.payeeFsp, error })
  return []
}

/** ABORTED because the answer was wrong or late; a payee that waits for a PATCH gets one. */
function abortInvalid(
  ports: LedgerPorts,
  answer: PayeeAnswer & { readonly error: FspiopError },
  step: Step,
): readonly Message[] {
  const { error, inbound } = answer
  const { transfer, hash, post } = step
  const payeeVersion = inbound.version
  const own = inbound.source === transfer.payeeFsp ? { fulfilHash: hash, payeeVersion } : {}
  const aborted = abortTransfer(ports, transfer, { ...codeOf(error), ...own })
  postError(post, aborted, { to: transfer.payerFsp, error })
  postError(post, aborted, { to: transfer.payeeFsp, error })
  const isOwed = saysReserved(answer)
  if (isOwed) post(outcomeNotice(aborted), { topic: transfer.transferId })
  return inbound.source === transfer.payeeFsp ? [] : [errorTo(answer, error)]
}

function isFulfilment(answer: PayeeAnswer): answer is Fulfilment {
  return 'transferState' in answer.content
}

function saysReserved(answer: PayeeAnswer): boolean {
  return isFulfilment(answer) && answer.content.transferState === 'RESERVED'
}

function statedCode({ content }: PayeeAnswer): string | undefined {
  return 'errorInformation' in content ? content.errorInformation.errorCode : undefined
}

/** The payee's reason; one that the standard does not know is told as 3100 (OSS ledger). */
function refusalOf({ content }: PayeeAnswer): FspiopError {
  if (!('errorInformation' in content)) return fspiopError('3100')
  const { errorCode, errorDescription } = content.errorInformation
  if (!isUsableErrorCode(errorCode)) {
    return fspiopError('3100', 'API specification undefined errorCode')
  }
  return { errorCode, errorDescription, httpStatus: 400 }
}

function codeOf({ errorCode }: FspiopError): { readonly errorCode: string } {
  return { errorCode }
}

function errorTo({ inbound, transferId }: PayeeAnswer, error: FspiopError): Message {
  return errorNotice({ transferId, to: inbound.source, error, version: inbound.version })
}
