import {
  Unavailable,
  type SwitchConnector,
  type SwitchMessage,
  type TransferPrepare,
} from '../../hub/connector.ts'
import { fulfils } from '../../hub/domain/condition.ts'
import { isSameMoney, noMoney } from '../../hub/domain/money.ts'
import { isRefusal, refusal, type Refusal } from '../../hub/domain/refusal.ts'
import type { TransferKey } from '../../hub/domain/transfer.ts'
import type { TransferOrder, TransferRecord } from '../../hub/domain/transfer-record.ts'
import type { Variables } from '../../hub/engine/engine.ts'
import { advance, openAttempt, word } from '../../hub/legs/leg.ts'
import type { GivenQuote, Tx } from '../../hub/store/store.ts'
import type { Step, WorkflowPorts } from '../../hub/workflow.ts'
import { next, payeeKey } from './variables.ts'

/** The name of the attempt that holds the one answer to a prepare, byte for byte. */
export const answerStep = 'answer-transfer'

type Asked = {
  readonly prepare: TransferPrepare
  readonly quote: GivenQuote | undefined
  /** Whether another transfer was promised on the quote, and has not come to nothing. */
  readonly isUsed: boolean
  readonly to: string
}

/**
 * Decides once whether to fulfil: the prepare must match a quote that we gave (FSPIOP carries no quote id: the condition
 * finds it), in time, and the account must still take money. The answer is stored, and every repeat sends it again.
 */
export function decideFulfilment(ports: WorkflowPorts): Step {
  const { store, clock, switchOf } = ports
  return async (variables) => {
    const key = payeeKey(variables)
    const before = await store.step(async (tx) => {
      const record = await tx.transfers.find(key)
      return record ?? readPrepare(tx, key, word(variables, 'inboxId'))
    })
    if ('state' in before) return decided(before)
    const { prepare, to } = before
    const fault =
      faultOfPrepare(before, { fspId: key.fspId, now: clock.now() }) ??
      (await faultOfAccount(ports, before, key.fspId)) ??
      // The core may have taken long to answer.
      faultOfPrepare(before, { fspId: key.fspId, now: clock.now() })
    const peer = switchOf(key.fspId)
    const fulfilment = fault ? undefined : peer.fulfilmentOf(prepare.ilpPacket)
    const broken = fulfilment !== undefined && !fulfils(fulfilment, prepare.condition)
    const no =
      fault ??
      (broken ? refusal('message-invalid', 'the packet does not give the condition') : undefined)
    const completedAt = clock.now()
    const message = no
      ? composeNo(peer, { to, prepare, no })
      : composeYes(peer, { to, prepare, fulfilment, completedAt })
    return store.step((tx) =>
      persist(tx, { key, ...before }, { no, message, fulfilment, at: completedAt }),
    )
  }
}

async function readPrepare(tx: Tx, key: TransferKey, inboxId: string): Promise<Asked> {
  const row = await tx.inbox.find(inboxId)
  if (row?.callback.kind !== 'transfer-prepared')
    throw new Error(`inbox row ${inboxId} prepares no transfer`)
  const { prepare, source } = row.callback
  const quote = await tx.quotes.findByCondition(key.fspId, prepare.condition)
  return { prepare, to: source, quote, isUsed: await isUsed(tx, key, quote?.honouredFor) }
}

async function isUsed(tx: Tx, key: TransferKey, transferId: string | undefined): Promise<boolean> {
  if (transferId === undefined || transferId === key.transferId) return false
  return (await tx.transfers.find({ ...key, transferId }))?.state !== 'aborted'
}

function faultOfPrepare(
  { prepare, quote, isUsed }: Asked,
  { fspId, now }: { readonly fspId: string; readonly now: number },
): Refusal | undefined {
  if (prepare.payeeFspId !== fspId) return refusal('message-invalid', 'the payee FSP is another')
  if (!quote?.terms) return refusal('quote-not-found', 'no quote of ours has this condition')
  const { terms, question } = quote
  if (prepare.ilpPacket !== terms.ilpPacket)
    return refusal('message-invalid', 'the ILP packet is not the one we quoted')
  if (!isSameMoney(prepare.amount, terms.transferAmount)) {
    return refusal('message-invalid', 'the amount is not the one we quoted')
  }
  if (prepare.payerFspId !== question.payerFspId)
    return refusal('message-invalid', 'the payer FSP is not the one that asked')
  if (isUsed) return refusal('payee-refused-transfer', 'the quote is that of another transfer')
  if (terms.expiresAt <= now) return refusal('quote-expired', 'the quote had expired')
  if (prepare.expiresAt <= now)
    return refusal('transfer-expired', 'the transfer had expired when it came')
  return undefined
}

async function faultOfAccount(
  { ledgerOf, clock }: WorkflowPorts,
  { prepare, quote }: Asked,
  fspId: string,
): Promise<Refusal | undefined> {
  if (!quote) return undefined
  try {
    const account = await ledgerOf(fspId).findAccount(
      quote.question.payee,
      prepare.amount.currency,
      'payee',
    )
    if (isRefusal(account)) return account
    return account.accountId === quote.accountId
      ? undefined
      : refusal('message-invalid', 'the account is another than was quoted')
  } catch (failure) {
    if (!(failure instanceof Unavailable) || clock.now() < prepare.expiresAt) throw failure
    return refusal('payee-fsp-unavailable', "the payee's core did not answer in time")
  }
}

function composeNo(
  peer: SwitchConnector,
  {
    to,
    prepare,
    no,
  }: { readonly to: string; readonly prepare: TransferPrepare; readonly no: Refusal },
): SwitchMessage {
  return peer.composeTransferRefusal({ to, transferId: prepare.transferId, refusal: no })
}

function composeYes(
  peer: SwitchConnector,
  yes: {
    readonly to: string
    readonly prepare: TransferPrepare
    readonly fulfilment: string | undefined
    readonly completedAt: number
  },
): SwitchMessage {
  const { to, prepare, fulfilment = '', completedAt } = yes
  return peer.composeFulfilment({ to, transferId: prepare.transferId, fulfilment, completedAt })
}

type Decision = {
  readonly no: Refusal | undefined
  readonly message: SwitchMessage
  readonly fulfilment: string | undefined
  readonly at: number
}

async function persist(
  tx: Tx,
  asked: Asked & { readonly key: TransferRecord['key'] },
  { no, message, fulfilment, at }: Decision,
): Promise<Variables> {
  const fresh = newLeg(asked, at)
  if (!(await tx.transfers.insert(fresh))) {
    const earlier = await tx.transfers.find(asked.key)
    return earlier ? decided(earlier) : next('refuse')
  }
  if (!no) await honourQuote(tx, asked)
  const attempt = await openAttempt(tx, asked.key, { step: answerStep, at, message })
  await tx.attempts.save({ ...attempt, tries: 0 })
  const { record } = await advance(tx, fresh, {
    at,
    event: no ? 'refused' : 'reserved',
    facts: no ? { refusal: no } : { ...(fulfilment === undefined ? {} : { fulfilment }) },
    entry: {
      step: 'decide-fulfilment',
      party: asked.key.fspId,
      direction: 'none',
      outcome: no ? 'refused' : 'done',
      detail: no ? `${no.errorCode} ${no.reason}: ${no.description}` : 'will be fulfilled',
    },
  })
  return decided(record)
}

/** A quote is a promise of one payment: whoever prepares a second one on it is told so when this is tried again. */
async function honourQuote(
  tx: Tx,
  { key, quote }: Asked & { readonly key: TransferKey },
): Promise<void> {
  if (!quote) throw new Error('a transfer without a quote was to be fulfilled')
  const { quoteId } = quote.question
  const latest = await tx.quotes.find(key.fspId, quoteId)
  if (await isUsed(tx, key, latest?.honouredFor))
    throw new Unavailable('the quote was honoured for another transfer meanwhile')
  await tx.quotes.honour(key.fspId, quoteId, key.transferId)
}

function decided(record: TransferRecord): Variables {
  const isRefused = record.state === 'aborted' && record.facts.fulfilment === undefined
  return next(isRefused ? 'refuse' : 'fulfil')
}

function newLeg(
  { key, prepare, quote }: Asked & { readonly key: TransferRecord['key'] },
  at: number,
): TransferRecord {
  return {
    key,
    state: 'received',
    // Not a client's: no X-CorrelationID may find it.
    correlationId: `payee:${prepare.transferId}`,
    order: orderOf(prepare, quote),
    facts: {
      otherFspId: prepare.payerFspId,
      expiresAt: prepare.expiresAt,
      fee: quote?.terms?.payeeFspFee ?? noMoney(prepare.amount.currency),
      ...(quote?.terms ? { terms: quote.terms } : {}),
      ...(quote?.accountId === undefined ? {} : { account: { accountId: quote.accountId } }),
    },
    wait: 0,
    createdAt: at,
    updatedAt: at,
  }
}

/** What the quote asked; of a prepare that no quote of ours fits, no more is known than its amount. */
function orderOf(prepare: TransferPrepare, quote: GivenQuote | undefined): TransferOrder {
  const { amount } = prepare
  if (quote) {
    const { payer, payee, amountType, transactionType } = quote.question
    return { payer, payee, amountType, transactionType, amount }
  }
  const unknown = { type: 'ALIAS', identifier: 'unknown' } as const
  const transactionType = {
    scenario: 'TRANSFER',
    initiator: 'PAYER',
    initiatorType: 'CONSUMER',
  } as const
  return { payer: unknown, payee: unknown, amountType: 'SEND', transactionType, amount }
}
