import type { Clock } from '../../hub/clock.ts'
import type { SwitchConnector, SwitchMessage } from '../../hub/connector.ts'
import { wireMoney } from '../../hub/domain/money.ts'
import type { QuoteQuestion, QuoteTerms } from '../../hub/domain/quote.ts'
import type { Refusal } from '../../hub/domain/refusal.ts'
import type { MojaloopConfig } from './config.ts'
import { contentType, acceptType } from './headers.ts'
import type { Ilp } from './ilp.ts'
import type { Sign } from './jws.ts'
import { partyAddress, partyIdOnWire, partyOnWire } from './party.ts'
import { dateTimeOf, errorOnWire, type Resource } from './wire.ts'

/** The part of the connector that writes messages and sends none. */
export type Composer = Omit<
  SwitchConnector,
  'switchId' | 'deliver' | 'read' | 'fulfilmentOf' | 'readIlpPacket'
>

type Draft = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly resource: Resource
  readonly path: string
  readonly to?: string
  readonly content?: object
}

/** Makes the composer of one FSP. Each message carries the Date of its making, and leaves as it was signed. */
export function createComposer(
  config: MojaloopConfig,
  ports: { readonly sign: Sign; readonly ilp: Ilp; readonly clock: Clock },
): Composer {
  const compose = (draft: Draft): SwitchMessage => composeMessage(config, ports, draft)
  return {
    ...partyComposer(compose, config),
    ...quoteComposer(compose),
    sealQuote: (question, terms) => {
      const transaction = ilpTransactionOf(question, terms)
      return { ...terms, ...ports.ilp.seal(transaction) }
    },
    ...transferComposer(compose, config),
  }
}

type Compose = (draft: Draft) => SwitchMessage

function composeMessage(
  config: MojaloopConfig,
  { sign, clock }: { readonly sign: Sign; readonly clock: Clock },
  draft: Draft,
): SwitchMessage {
  const { method, resource, path } = draft
  const headers = {
    ...(method === 'PUT' ? {} : { accept: acceptType(resource) }),
    'content-type': contentType(resource, config.apiVersion),
    date: new Date(clock.now()).toUTCString(),
    'fspiop-source': config.fspId,
    ...(draft.to === undefined ? {} : { 'fspiop-destination': draft.to }),
  }
  if (draft.content === undefined) return { method, path, headers, body: '' }
  const body = JSON.stringify(draft.content)
  const named = { ...headers, 'fspiop-uri': path, 'fspiop-http-method': method }
  const signature = sign({ method, headers: named, body })
  return { method, path, headers: { ...named, 'fspiop-signature': signature }, body }
}

function partyComposer(compose: Compose, { fspId }: MojaloopConfig) {
  return {
    composePartyQuestion: (id) =>
      compose({ method: 'GET', resource: 'parties', path: partyAddress('parties', id) }),
    composePartyAnswer: ({ to, party }) =>
      compose({
        method: 'PUT',
        resource: 'parties',
        path: partyAddress('parties', party.id),
        to,
        content: { party: partyOnWire(party) },
      }),
    composePartyRefusal: ({ to, partyId, refusal }) =>
      compose(refusalDraft('parties', partyAddress('parties', partyId), { to, refusal })),
    composeParticipant: (change, id, currency) => {
      const path = partyAddress('participants', id)
      return change === 'register'
        ? compose({
            method: 'POST',
            resource: 'participants',
            path,
            content: { fspId, currency },
          })
        : compose({
            method: 'DELETE',
            resource: 'participants',
            path: `${path}?currency=${currency}`,
          })
    },
  } satisfies Partial<Composer>
}

function quoteComposer(compose: Compose) {
  return {
    composeQuoteQuestion: (question) =>
      compose({
        method: 'POST',
        resource: 'quotes',
        path: '/quotes',
        to: question.payeeFspId,
        content: quoteQuestionOnWire(question),
      }),
    composeQuoteAnswer: ({ to, quoteId, terms }) =>
      compose({
        method: 'PUT',
        resource: 'quotes',
        path: `/quotes/${quoteId}`,
        to,
        content: quoteTermsOnWire(terms),
      }),
    composeQuoteRefusal: ({ to, quoteId, refusal }) =>
      compose(refusalDraft('quotes', `/quotes/${quoteId}`, { to, refusal })),
  } satisfies Partial<Composer>
}

function transferComposer(compose: Compose, { apiVersion, switchId }: MojaloopConfig) {
  return {
    composePrepare: (prepare) =>
      compose({
        method: 'POST',
        resource: 'transfers',
        path: '/transfers',
        to: prepare.payeeFspId,
        content: {
          transferId: prepare.transferId,
          payerFsp: prepare.payerFspId,
          payeeFsp: prepare.payeeFspId,
          amount: wireMoney(prepare.amount),
          ilpPacket: prepare.ilpPacket,
          condition: prepare.condition,
          expiration: dateTimeOf(prepare.expiresAt),
        },
      }),
    composeFulfilment: ({ to, transferId, fulfilment, completedAt }) =>
      compose({
        method: 'PUT',
        resource: 'transfers',
        path: `/transfers/${transferId}`,
        to,
        content: {
          fulfilment,
          completedTimestamp: dateTimeOf(completedAt),
          transferState: apiVersion === '1.0' ? 'COMMITTED' : 'RESERVED',
        },
      }),
    composeTransferRefusal: ({ to, transferId, refusal }) =>
      compose(refusalDraft('transfers', `/transfers/${transferId}`, { to, refusal })),
    composeOutcomeQuestion: (transferId) =>
      compose({
        method: 'GET',
        resource: 'transfers',
        path: `/transfers/${transferId}`,
        to: switchId,
      }),
  } satisfies Partial<Composer>
}

function refusalDraft(
  resource: Resource,
  path: string,
  { to, refusal }: { readonly to: string; readonly refusal: Refusal },
): Draft {
  return { method: 'PUT', resource, path: `${path}/error`, to, content: errorOnWire(refusal) }
}

function quoteQuestionOnWire(question: QuoteQuestion): object {
  const { quoteId, transactionId, amountType, transactionType, note, expiresAt } = question
  return {
    quoteId,
    transactionId,
    payer: partyIdOnWire(question.payer, question.payerFspId),
    payee: partyIdOnWire(question.payee, question.payeeFspId),
    amountType,
    amount: wireMoney(question.amount),
    transactionType,
    ...(note === undefined ? {} : { note }),
    ...(expiresAt === undefined ? {} : { expiration: dateTimeOf(expiresAt) }),
  }
}

function quoteTermsOnWire(terms: QuoteTerms): object {
  const { transferAmount, payeeReceiveAmount, payeeFspFee, ilpPacket, condition } = terms
  return {
    transferAmount: wireMoney(transferAmount),
    ...(payeeReceiveAmount ? { payeeReceiveAmount: wireMoney(payeeReceiveAmount) } : {}),
    ...(payeeFspFee ? { payeeFspFee: wireMoney(payeeFspFee) } : {}),
    expiration: dateTimeOf(terms.expiresAt),
    ilpPacket,
    condition,
  }
}

function ilpTransactionOf(
  question: QuoteQuestion,
  terms: Pick<QuoteTerms, 'transferAmount' | 'expiresAt'>,
) {
  const { quoteId, transactionId, transactionType, note } = question
  return {
    transactionId,
    quoteId,
    payee: partyIdOnWire(question.payee, question.payeeFspId),
    payer: partyIdOnWire(question.payer, question.payerFspId),
    amount: wireMoney(terms.transferAmount),
    transactionType,
    expiration: dateTimeOf(terms.expiresAt),
    ...(note === undefined ? {} : { note }),
  }
}
