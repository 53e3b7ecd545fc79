import { OutcomeUnknown, Unavailable, type SwitchMessage } from '../../hub/connector.ts'
import { addMoney, subtractMoney, type Money } from '../../hub/domain/money.ts'
import type { QuoteQuestion, QuoteTerms } from '../../hub/domain/quote.ts'
import { isRefusal, refusal, type Refusal } from '../../hub/domain/refusal.ts'
import type { GivenQuote, InboxRow } from '../../hub/store/store.ts'
import type { Jobs, Step, WorkflowPorts } from '../../hub/workflow.ts'
import { quoteAsked, type QuoteAsked } from './variables.ts'

/** The steps of payee-quote, by job type. */
export function createPayeeQuoteJobs(ports: WorkflowPorts): Jobs {
  return { 'price-quote': priceQuote(ports), 'answer-quote': answerQuote(ports) }
}

/** Decides the answer once and stores it, sealed and signed: a repeated question gets the same bytes. */
function priceQuote(ports: WorkflowPorts): Step {
  return async (variables) => {
    const asked = quoteAsked(variables)
    const { row, question, given } = await readQuestion(ports, asked)
    if (given) return {}
    const offer = await offerFor(ports, { fspId: asked.fspId, question, row })
    const quote = givenQuote(ports, { asked, question, row, offer })
    await ports.store.step((tx) => tx.quotes.insert(quote))
    return {}
  }
}

/** Tells the answer (PUT /quotes/{id}, or its error). */
function answerQuote(ports: WorkflowPorts): Step {
  return async (variables) => {
    const asked = quoteAsked(variables)
    const { row, question, given } = await readQuestion(ports, asked)
    if (!given) throw new Error(`quote ${question.quoteId} has not been priced`)
    const answer = isSame(given.question, question)
      ? given.answer
      : composeModified(ports, { asked, question, row })
    try {
      await ports.switchOf(asked.fspId).deliver(answer)
    } catch (failure) {
      const isLate = ports.clock.now() > row.receivedAt + ports.times.quoteMs
      if (!(failure instanceof Unavailable || failure instanceof OutcomeUnknown) || !isLate)
        throw failure
    }
    return {}
  }
}

async function readQuestion(
  { store }: WorkflowPorts,
  { fspId, inboxId }: QuoteAsked,
): Promise<{
  readonly row: InboxRow
  readonly question: QuoteQuestion
  readonly given: GivenQuote | undefined
}> {
  return store.step(async (tx) => {
    const row = await tx.inbox.find(inboxId)
    if (row?.callback.kind !== 'quote-asked')
      throw new Error(`inbox row ${inboxId} asks for no quote`)
    const { question } = row.callback
    return { row, question, given: await tx.quotes.find(fspId, question.quoteId) }
  })
}

type Offer = {
  readonly accountId: string
  readonly terms: Omit<QuoteTerms, 'ilpPacket' | 'condition'>
}

async function offerFor(
  ports: WorkflowPorts,
  {
    fspId,
    question,
    row,
  }: { readonly fspId: string; readonly question: QuoteQuestion; readonly row: InboxRow },
): Promise<Offer | Refusal> {
  const { ledgerOf, clock, times } = ports
  if (question.payeeFspId !== fspId)
    return refusal('message-invalid', 'the payee is not of this FSP')
  try {
    const account = await ledgerOf(fspId).findAccount(
      question.payee,
      question.amount.currency,
      'payee',
    )
    if (isRefusal(account)) return account
    const { accountId } = account
    const { amount, amountType, transactionId } = question
    const price = await ledgerOf(fspId).price({
      accountId,
      role: 'payee',
      amount,
      amountType,
      transferId: transactionId,
    })
    if (isRefusal(price)) return price
    if (amountType === 'SEND' && price.fee.minorUnits >= amount.minorUnits)
      return refusal('payee-refused-quote', 'our fee would take all of it')
    const expiresAt = clock.now() + times.quoteMs
    return { accountId, terms: { ...amountsOf(question, price.fee), expiresAt } }
  } catch (failure) {
    if (!(failure instanceof Unavailable) || clock.now() <= row.receivedAt + times.quoteMs)
      throw failure
    return refusal('payee-fsp-unavailable', "the payee's core did not answer in time")
  }
}

/** SEND: the payee receives what is left after our fee. RECEIVE: the payer adds it (FSPIOP 1.1 §5.1). */
function amountsOf(
  { amount, amountType }: QuoteQuestion,
  fee: Money,
): Pick<QuoteTerms, 'transferAmount' | 'payeeReceiveAmount' | 'payeeFspFee'> {
  const charged = fee.minorUnits > 0n ? { payeeFspFee: fee } : {}
  if (amountType === 'SEND') {
    return { transferAmount: amount, payeeReceiveAmount: subtractMoney(amount, fee), ...charged }
  }
  return { transferAmount: addMoney(amount, fee), payeeReceiveAmount: amount, ...charged }
}

type Answering = {
  readonly asked: QuoteAsked
  readonly question: QuoteQuestion
  readonly row: InboxRow
}

function givenQuote(
  { switchOf, clock }: WorkflowPorts,
  { asked, question, row, offer }: Answering & { readonly offer: Offer | Refusal },
): GivenQuote {
  const peer = switchOf(asked.fspId)
  const to = row.callback.source
  const base = { fspId: asked.fspId, question, createdAt: clock.now() }
  if (isRefusal(offer)) {
    return {
      ...base,
      answer: peer.composeQuoteRefusal({ to, quoteId: question.quoteId, refusal: offer }),
    }
  }
  const terms = peer.sealQuote(question, offer.terms)
  const answer = peer.composeQuoteAnswer({ to, quoteId: question.quoteId, terms })
  return { ...base, accountId: offer.accountId, terms, answer }
}

function composeModified(
  { switchOf }: WorkflowPorts,
  { asked, question, row }: Answering,
): SwitchMessage {
  const no = refusal('request-modified', 'this quote id was asked for before, with other content')
  return switchOf(asked.fspId).composeQuoteRefusal({
    to: row.callback.source,
    quoteId: question.quoteId,
    refusal: no,
  })
}

function isSame(a: QuoteQuestion, b: QuoteQuestion): boolean {
  return flat(a) === flat(b)
}

function flat(question: QuoteQuestion): string {
  const { payer, payee, amount, transactionType } = question
  return JSON.stringify([
    question.transactionId,
    question.payerFspId,
    question.amountType,
    [payer.type, payer.identifier, payer.subId ?? null],
    [payee.type, payee.identifier, payee.subId ?? null],
    [amount.minorUnits.toString(), amount.currency],
    [transactionType.scenario, transactionType.initiator, transactionType.initiatorType],
  ])
}
