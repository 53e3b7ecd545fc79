import type { SwitchCallback, SwitchMessage } from '../connector.ts'
import type { PartyId } from '../domain/party.ts'
import { moneyOf, wireMoney, type Money } from '../domain/money.ts'
import type { QuoteQuestion, QuoteTerms } from '../domain/quote.ts'
import type { Refusal } from '../domain/refusal.ts'
import type { TransferFacts, TransferOrder } from '../domain/transfer-record.ts'
import type { LegEvent } from '../events/event-stream.ts'
import type { Headers } from '../http.ts'
import type { OutboxEntry } from './store.ts'

/** How a value stands in a text column. `decode` trusts what `encode` wrote. */
export type Codec<T> = { encode(value: T): string; decode(text: string): T }

/** Of values that hold money anywhere inside: a decimal string and a currency in the column, `Money` in code, exactly. */
export const factsJson = moneyCodec((value) => value as TransferFacts)
/** An order as a column keeps it: amounts as decimal strings. */
export const orderJson = moneyCodec((value) => value as TransferOrder)
/** A peer's message as a column keeps it. */
export const callbackJson = moneyCodec((value) => value as SwitchCallback)
/** A quote's question as a column keeps it. */
export const questionJson = moneyCodec((value) => value as QuoteQuestion)
/** A quote's terms as a column keeps them. */
export const termsJson = moneyCodec((value) => value as QuoteTerms)

/** Of values without `Money`: what looks like money in them (a variable of a workflow) stays the text that it is. */
export const outboxJson = plainCodec((value) => value as OutboxEntry)
/** An event as a column keeps it: its amount is a decimal string in code, too. */
export const eventJson = plainCodec((value) => value as LegEvent)
/** How often each word was counted. */
export const countsJson = plainCodec((value) => value as Readonly<Record<string, number>>)
/** A signed message as a column keeps it, byte for byte. */
export const messageJson = plainCodec((value) => value as SwitchMessage)
/** Headers as a column keeps them. */
export const headersJson = plainCodec((value) => value as Headers)
/** The identifier of a party as a column keeps it. */
export const partyIdJson = plainCodec((value) => value as PartyId)
/** A refusal as a column keeps it. */
export const refusalJson = plainCodec((value) => value as Refusal)

function plainCodec<T>(known: (value: unknown) => T): Codec<T> {
  return { encode: (value) => JSON.stringify(value), decode: (text) => known(JSON.parse(text)) }
}

function moneyCodec<T>(known: (value: unknown) => T): Codec<T> {
  return {
    encode: (value) => JSON.stringify(value, moneyToWire),
    decode: (text) => {
      const value: unknown = JSON.parse(text)
      if (text.includes('"amount"')) restoreMoney(value)
      return known(value)
    },
  }
}

function moneyToWire(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !isMoney(value)) return value
  if (value.minorUnits < 0n) throw new Error('negative money is never stored')
  return wireMoney(value)
}

/** In place: the value was parsed a moment ago, so nobody else holds it. */
function restoreMoney(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) {
    if (isWireMoney(member)) Object.assign(value, { [key]: moneyOf(member) })
    else restoreMoney(member)
  }
}

function isMoney(value: object): value is Money {
  return 'minorUnits' in value && typeof value.minorUnits === 'bigint' && 'currency' in value
}

function isWireMoney(value: unknown): value is { amount: string; currency: string } {
  if (typeof value !== 'object' || value === null) return false
  if (!('amount' in value) || !('currency' in value)) return false
  return typeof value.amount === 'string' && typeof value.currency === 'string'
}
