import type { Money } from './money.ts'
import type { PartyId } from './party.ts'

/** Whether the amount is what the payer sends, fees included, or what the payee receives (FSPIOP 1.1 AmountType). */
export type AmountType = 'SEND' | 'RECEIVE'

/** FSPIOP 1.1 TransactionType: what kind of payment, and who began it. */
export type TransactionType = {
  readonly scenario: string
  readonly initiator: 'PAYER' | 'PAYEE'
  readonly initiatorType: string
}

/** What a payer's FSP asks of a payee's (FSPIOP 1.1 POST /quotes). */
export type QuoteQuestion = {
  readonly quoteId: string
  readonly transactionId: string
  readonly payerFspId: string
  readonly payer: PartyId
  readonly payeeFspId: string
  readonly payee: PartyId
  readonly amountType: AmountType
  readonly amount: Money
  readonly transactionType: TransactionType
  readonly note?: string
  readonly expiresAt?: number
}

/** What a payee's FSP promises (FSPIOP 1.1 PUT /quotes/{id}). `expiresAt` in ms since 1970. */
export type QuoteTerms = {
  readonly transferAmount: Money
  readonly payeeReceiveAmount?: Money
  readonly payeeFspFee?: Money
  readonly expiresAt: number
  readonly ilpPacket: string
  readonly condition: string
}
