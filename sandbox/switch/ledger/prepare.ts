import type { Prepare } from '../fspiop/bodies.ts'
import { parametersHash } from '../fspiop/canonical.ts'
import { msOf } from '../fspiop/date.ts'
import { fspiopError, type FspiopError } from '../fspiop/fspiop-error.ts'
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
import { minorUnitsOf } from './money.ts'
import { errorNotice, relayOf, stateNotice } from './notice.ts'
import type { Transfer } from './transfers.ts'

export type PrepareInbound = {
  readonly inbound: Inbound
  readonly body: Prepare
  /** The moment by which the expiration is judged instead of that of the transaction: a fault. */
  readonly judgedAt?: number
}

/**
 * Takes POST /transfers. A known id is answered before anything else is looked at; a new one is stored and either RESERVED
 * and forwarded, or ABORTED with an error to the payer, in one transaction that is on disk when this resolves.
 */
export async function takePrepare(ports: LedgerPorts, prepare: PrepareInbound): Promise<void> {
  const { body, inbound } = prepare
  const hash = parametersHash(JSON.parse(Buffer.from(inbound.request.bytes).toString('utf8')))
  const answers = await ports.outbox.commit((post) => {
    const known = ports.transfers.find(body.transferId)
    if (known && isLateByFault(ports, prepare)) return [errorTo(inbound, body, fspiopError('3303'))]
    if (known) return answerDuplicate(known, prepare, hash)
    if (body.payerFsp !== inbound.source) {
      return [errorTo(inbound, body, fspiopError('3100', 'FSPIOP-Source is not payerFsp'))]
    }
    return admit(ports, { ...prepare, hash }, post)
  })
  reply(ports, body.transferId, ...answers)
}

/** The fault `duplicates-last`: a late repeat is refused as expired although its row says otherwise. */
function isLateByFault(ports: LedgerPorts, { body }: PrepareInbound): boolean {
  const isLate = ports.clock.now() >= msOf(body.expiration)
  return isLate && ports.faults.take('post-transfers', 'duplicates-last') !== undefined
}

function answerDuplicate(
  known: Transfer,
  { inbound, body }: PrepareInbound,
  hash: string,
): readonly Message[] {
  if (known.payerFsp !== inbound.source || known.prepareHash !== hash) {
    return [errorTo(inbound, body, fspiopError('3106', 'the transferId was used before'))]
  }
  // Whoever is still being looked at has no state to tell yet.
  if (known.state === 'RECEIVED') return []
  return [stateNotice(known, known.payerFsp, { operation: 'put-transfers-callback' })]
}

function admit(
  ports: LedgerPorts,
  prepare: PrepareInbound & { readonly hash: string },
  post: Post,
): readonly Message[] {
  const { inbound, body } = prepare
  const transfer = receive(ports, prepare)
  const now = prepare.judgedAt ?? ports.clock.now()
  const refusal =
    invalidity(ports, prepare) ??
    (now >= transfer.expiresAt ? fspiopError('3303') : undefined) ??
    uncovered(ports, transfer)
  if (refusal) {
    const aborted = abortTransfer(ports, transfer, refusal)
    postError(post, aborted, { to: body.payerFsp, error: refusal })
    return []
  }
  const change = minorUnitsOf(transfer.amount, transfer.currency) ?? 0n
  movePosition(ports, { fsp: transfer.payerFsp, transfer, change, reason: 'reserve' })
  moveTransfer(ports, transfer.transferId, { state: 'RESERVED' })
  post(relayOf(inbound, transfer.payeeFsp, 'post-transfers'), {
    topic: transfer.transferId,
    notAfter: transfer.expiresAt,
    isHeld: ports.faults.take('post-transfers', 'commit-then-hang') !== undefined,
  })
  return ports.faults.take('post-transfers', 'error-while-reserved')
    ? [errorTo(inbound, body, fspiopError('2001', 'a fault of the lab'))]
    : []
}

function receive(
  ports: LedgerPorts,
  { inbound, body, hash }: PrepareInbound & { readonly hash: string },
): Transfer {
  ports.transfers.insert({
    transferId: body.transferId,
    payerFsp: body.payerFsp,
    payeeFsp: body.payeeFsp,
    amount: body.amount.amount,
    currency: body.amount.currency,
    condition: body.condition,
    expiresAt: msOf(body.expiration),
    state: 'RECEIVED',
    prepareHash: hash,
    payerVersion: inbound.version,
    payeeVersion: inbound.version,
  })
  const received = ports.transfers.find(body.transferId)
  if (!received) throw new Error('the transfer was not stored')
  return received
}

function invalidity(
  ports: LedgerPorts,
  { inbound, body }: PrepareInbound,
): FspiopError | undefined {
  const { amount, currency } = body.amount
  if (body.payerFsp === body.payeeFsp)
    return fspiopError('3100', 'payer and payee are the same FSP')
  if (inbound.destination !== body.payeeFsp) {
    return fspiopError('3100', 'FSPIOP-Destination is not payeeFsp')
  }
  if (minorUnitsOf(amount, currency) === undefined) {
    return fspiopError('3100', `${amount} has more decimals than ${currency}`)
  }
  for (const fsp of [body.payerFsp, body.payeeFsp]) {
    const problem = participantProblem(ports, fsp, currency)
    if (problem !== undefined) return fspiopError('3100', problem)
  }
  return undefined
}

function participantProblem(ports: LedgerPorts, fsp: string, currency: string): string | undefined {
  const participant = ports.participants.find(fsp)
  if (!participant) return `Participant ${fsp} not found`
  if (!participant.isActive) return `Participant ${fsp} is inactive`
  for (const type of ['POSITION', 'SETTLEMENT'] as const) {
    const account = ports.accounts.find(fsp, currency, type)
    if (!account) return `Account of ${fsp} in ${currency} not found`
    if (!account.isActive) return `Account of ${fsp} in ${currency} is inactive`
  }
  return undefined
}

/** Cover before cap, as the OSS ledger since v14: 4001, then 4200. */
function uncovered(ports: LedgerPorts, transfer: Transfer): FspiopError | undefined {
  const { payerFsp, currency } = transfer
  const amount = minorUnitsOf(transfer.amount, currency) ?? 0n
  const position = ports.accounts.find(payerFsp, currency, 'POSITION')?.balance ?? 0n
  const settlement = ports.accounts.find(payerFsp, currency, 'SETTLEMENT')?.balance ?? 0n
  if (-settlement - position < amount) return fspiopError('4001')
  const cap = ports.accounts.limit(payerFsp, currency)?.value ?? 0n
  return cap - position < amount ? fspiopError('4200') : undefined
}

function errorTo(inbound: Inbound, body: Prepare, error: FspiopError): Message {
  const { source, version } = inbound
  return errorNotice({ transferId: body.transferId, to: source, error, version })
}
