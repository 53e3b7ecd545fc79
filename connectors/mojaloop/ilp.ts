import sdk from '@mojaloop/sdk-standard-components'
import type { IlpTerms } from '../../hub/connector.ts'
import { moneyOf, type WireMoney } from '../../hub/domain/money.ts'
import { partyIdOfWire, type PartyOnWire } from './party.ts'
import { readIlpTransaction } from './wire.ts'

/** The library prints whole bodies and secrets to the standard output where its logger has levels. */
export const silentLogger = new sdk.Logger.Logger({
  opts: { levels: [], allowContextOverwrite: true, copy: (context) => context },
})

/** FSPIOP 1.1 Transaction (§7.4.17), as it stands inside a packet. */
export type IlpTransaction = {
  readonly transactionId: string
  readonly quoteId: string
  readonly payee: PartyOnWire
  readonly payer: PartyOnWire
  readonly amount: WireMoney
  readonly transactionType: object
  readonly expiration: string
  readonly note?: string
}

/** The ILP packets of one FSP. */
export type Ilp = {
  /** Binds a condition to a new packet; only the FSP's secret gives the fulfilment. */
  readonly seal: (transaction: IlpTransaction) => {
    readonly ilpPacket: string
    readonly condition: string
  }
  /** HMAC-SHA256 of the packet: derived anew each time, so it is never stored before it is used. */
  readonly fulfilmentOf: (ilpPacket: string) => string
  /** Undefined when the text is no packet, or names no transaction and payee's FSP. */
  readonly read: (ilpPacket: string) => IlpTerms | undefined
}

/** What is used of the library's packets. */
interface PacketLibrary {
  getResponseIlp(transaction: object): { ilpPacket: string; condition: string }
  calculateFulfil(ilpPacket: string): string
  decodeIlpPacket(ilpPacket: string): { data: Buffer }
}

/** Makes packets of the Mojaloop library's ILP v1; reads those of v1 and of v4. */
export function createIlp(secret: string): Ilp {
  const options = { secret, logger: silentLogger }
  const v1: PacketLibrary = sdk.Ilp.ilpFactory('v1', options)
  const v4: PacketLibrary = sdk.Ilp.ilpFactory('v4', options)
  // The library scales amounts as doubles (1.15 KES becomes 114.99999999999999), so it is given the packet's fields.
  const sealer = Object.assign(v1, { makeQuotePacketInput: packetFields })
  return {
    seal: (transaction) => {
      const { ilpPacket, condition } = sealer.getResponseIlp(transaction)
      return { ilpPacket, condition }
    },
    fulfilmentOf: (ilpPacket) => v1.calculateFulfil(ilpPacket),
    read: (ilpPacket) => {
      const library = Buffer.from(ilpPacket, 'base64url')[0] === ilpV4Type ? v4 : v1
      const attached = decodeOrNothing(() => library.decodeIlpPacket(ilpPacket).data)
      return attached && termsOf(attached.toString('latin1'))
    },
  }
}

/** The first byte of an ILP v4 prepare; that of a v1 payment is 1. */
const ilpV4Type = 12

function packetFields(transaction: IlpTransaction): object {
  const { fspId, partyIdType, partyIdentifier, partySubIdOrType } = transaction.payee.partyIdInfo
  const address = ['g', fspId, partyIdType.toLowerCase(), partyIdentifier.toLowerCase()]
  if (partySubIdOrType !== undefined) address.push(partySubIdOrType.toLowerCase())
  const text = Buffer.from(JSON.stringify(transaction)).toString('base64url')
  return {
    data: Buffer.from(text, 'latin1'),
    amount: moneyOf(transaction.amount).minorUnits.toString(),
    account: address.join('.'),
  }
}

function termsOf(base64Url: string): IlpTerms | undefined {
  const transaction = readIlpTransaction(base64Url)
  const payeeFspId = transaction?.payee.partyIdInfo.fspId
  if (transaction === undefined || payeeFspId === undefined) return undefined
  const { quoteId, transactionId, payee, amount } = transaction
  return { quoteId, transactionId, payeeFspId, payee: partyIdOfWire(payee), amount }
}

/** The library throws on whatever is not a packet; to the caller that is an answer. */
function decodeOrNothing(decode: () => Buffer): Buffer | undefined {
  try {
    return decode()
  } catch {
    return undefined
  }
}
