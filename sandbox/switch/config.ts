/** How one participant starts; what an admin changes later is kept. */
export type ParticipantSeed = {
  readonly name: string
  /** Base of its FSPIOP callbacks: "http://127.0.0.1:4000/fsp/heron". Taken over at every start. */
  readonly callbackUrl?: string
  /** Public key that verifies what it signs. Taken over at every start. */
  readonly publicKeyPem?: string
  readonly accounts: readonly {
    readonly currency: string
    /** Decimal strings: the net debit cap, and the funds that cover its position. */
    readonly netDebitCap: string
    readonly liquidity: string
  }[]
}

export type SwitchConfig = {
  /** FSPIOP-Source of what the switch originates. */
  readonly name: string
  /** How often what has expired is looked for. */
  readonly sweepMs: number
  /** How long a participant may take to answer 200 or 202. */
  readonly callbackTimeoutMs: number
  /** Party id types that the built-in oracle knows. */
  readonly oracles: readonly string[]
  readonly participants: readonly ParticipantSeed[]
}

/** The lab's defaults, changed by what is given. */
export function switchConfig(changes: Partial<SwitchConfig> = {}): SwitchConfig {
  return {
    name: 'switch',
    sweepMs: 1_000,
    callbackTimeoutMs: 5_000,
    oracles: ['MSISDN', 'ACCOUNT_ID', 'ALIAS'],
    participants: [],
    ...changes,
  }
}
