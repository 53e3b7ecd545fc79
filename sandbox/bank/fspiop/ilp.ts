import { createHash, createHmac } from 'node:crypto'

/** An IlpPayment of the Interledger v1: what is to be paid, to whom, and the transaction it belongs to. */
export type IlpPayment = {
  /** In the currency's smallest unit. */
  readonly amount: bigint
  /** An ILP address: "g.kingfisher.msisdn.254740000001". */
  readonly account: string
  /** FSPIOP's Transaction, as JSON. */
  readonly transaction: string
}

const paymentType = 1
const amountMax = 2n ** 64n - 1n

/** The ILP address of a party at an FSP (FSPIOP 1.1 §6.5.1). */
export function ilpAddress(
  fspId: string,
  party: { readonly type: string; readonly id: string },
): string {
  return `g.${fspId}.${party.type}.${party.id}`.toLowerCase()
}

/** Writes the packet in OER and base64url, as `ilpPacket` of a quote. Throws when the amount does not fit 64 bits. */
export function writePacket({ amount, account, transaction }: IlpPayment): string {
  if (amount < 0n || amount > amountMax) throw new Error('the amount does not fit an ILP packet')
  const units = Buffer.alloc(8)
  units.writeBigUInt64BE(amount)
  const data = Buffer.from(transaction).toString('base64url')
  const noExtensions = Buffer.of(0)
  const payment = [units, octets(Buffer.from(account)), octets(Buffer.from(data)), noExtensions]
  const packet = [Buffer.of(paymentType), octets(Buffer.concat(payment))]
  return Buffer.concat(packet).toString('base64url')
}

/** Reads a packet; undefined when it is no IlpPayment of v1 (an ILP v4 prepare, for one). */
export function readPacket(ilpPacket: string): IlpPayment | undefined {
  const bytes = Buffer.from(ilpPacket, 'base64url')
  if (bytes[0] !== paymentType) return undefined
  const payment = readOctets(bytes, 1)?.content
  if (!payment || payment.length < 8) return undefined
  const account = readOctets(payment, 8)
  const data = account && readOctets(payment, account.end)
  if (!data) return undefined
  return {
    amount: payment.readBigUInt64BE(0),
    account: account.content.toString('utf8'),
    transaction: Buffer.from(data.content.toString('utf8'), 'base64url').toString('utf8'),
  }
}

/** The fulfilment that only the holder of the secret can tell, always the same for one packet; 43 characters. */
export function fulfilmentOf(ilpPacket: string, secret: string): string {
  return createHmac('sha256', secret).update(ilpPacket).digest('base64url')
}

/** What a fulfilment must hash to: SHA-256 of its 32 bytes, 43 characters (FSPIOP 1.1 §6.5.2). */
export function conditionOf(fulfilment: string): string {
  return createHash('sha256').update(Buffer.from(fulfilment, 'base64url')).digest('base64url')
}

/** OER of an octet string: its length in one byte up to 127, else the number of length bytes and the length. */
function octets(content: Buffer): Buffer {
  return Buffer.concat([lengthOf(content.length), content])
}

const shortLengthMax = 127

function lengthOf(length: number): Buffer {
  if (length <= shortLengthMax) return Buffer.of(length)
  const hex = length.toString(16)
  const digits = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return Buffer.concat([Buffer.of(0x80 + digits.length), digits])
}

function readOctets(
  bytes: Buffer,
  at: number,
): { readonly content: Buffer; readonly end: number } | undefined {
  const first = bytes[at]
  if (first === undefined) return undefined
  const digits = first > shortLengthMax ? first - 0x80 : 0
  if (digits > 4 || at + 1 + digits > bytes.length) return undefined
  const length = digits === 0 ? first : bytes.readUIntBE(at + 1, digits)
  const start = at + 1 + digits
  const end = start + length
  return end > bytes.length ? undefined : { content: bytes.subarray(start, end), end }
}
