/** How long is waited for what, in milliseconds. */
export type FspiopTimes = {
  readonly lookupMs: number
  /** How long a quote is valid, and is waited for. */
  readonly quoteMs: number
  /** From the sending of a transfer to its expiration. */
  readonly transferMs: number
  /** How long a payee waits for the outcome before it tells its answer again; and a payer, after expiration, before it asks. */
  readonly graceMs: number
  /** The first pause between two tries; each is twice the one before, up to the longest. */
  readonly resolverFirstMs: number
  readonly resolverMaxMs: number
  /** How far the clocks of this bank and the switch may be apart. */
  readonly clockSkewMsMax: number
  /** Between two tries to book what the core refuses and the scheme has committed. */
  readonly bookingRetryMs: number
}

/** Who the bank is to the other participants, and how it knows them. */
export type FspiopConfig = {
  readonly fspId: string
  /** FSPIOP-Source of what the switch says itself. */
  readonly switchId: string
  readonly switchUrl: string
  readonly privateKeyPem: string
  /** Public keys by FSP id, the switch's among them. Whoever is not here is not listened to. */
  readonly peerKeyPems: Readonly<Record<string, string>>
  /** The secret that fulfilments derive from. */
  readonly ilpSecret: string
  readonly times: FspiopTimes
}

/** What faults on the FSPIOP face are called by: what the bank sends, errors included. */
export const fspiopOperations = [
  'get-parties',
  'put-parties',
  'post-quotes',
  'put-quotes',
  'post-transfers',
  'put-transfers',
  'get-transfers',
] as const

/** One of these. */
export type FspiopOperation = (typeof fspiopOperations)[number]

/** What a bank on its own feet can do wrong besides the faults of its core (ARCHITECTURE.md §8). */
export const fspiopFaults = [
  'duplicate',
  'wrong-fulfilment',
  'late',
  'other-amount',
  'unsigned',
  'bad-signature',
] as const
