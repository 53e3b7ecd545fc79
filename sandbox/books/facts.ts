/** A customer's account as her bank tells of it, in minor units; `balance` includes what is held. */
export type CustomerAccount = {
  readonly msisdn: string
  readonly currency: string
  readonly balance: bigint
  readonly held: bigint
}

/** A transfer as a bank's core has it. `fee` is what the payer was charged on top, or what is held for it. */
export type CoreTransfer = {
  readonly transferId: string
  readonly role: 'payer' | 'payee'
  readonly outcome: 'held' | 'released' | 'booked'
  readonly msisdn: string
  readonly currency: string
  readonly amount: bigint
  readonly fee: bigint
}

/**
 * The bank's own accounts in one currency by kind (customers, fees, suspense, cash, settlement …), debits positive.
 * `settled` is the sum of the settlements that it has booked, positive when it was paid.
 */
export type Ledger = {
  readonly currency: string
  readonly settled: bigint
  readonly accounts: Readonly<Record<string, bigint>>
}

/** What a bank says of itself. */
export type BankBooks = {
  readonly bank: string
  readonly ledgers: readonly Ledger[]
  readonly customers: readonly CustomerAccount[]
  readonly transfers: readonly CoreTransfer[]
}

/** A participant's position (positive = it owes) since the last settlement, and what settlements took from it before. */
export type Position = {
  readonly participant: string
  readonly currency: string
  readonly position: bigint
  readonly settled: bigint
}

export type TransferState = 'RECEIVED' | 'RESERVED' | 'COMMITTED' | 'ABORTED'

/** A transfer as the switch has it. */
export type SwitchTransfer = {
  readonly transferId: string
  readonly payerFsp: string
  readonly payeeFsp: string
  readonly currency: string
  readonly amount: bigint
  readonly state: TransferState
}

export type SwitchBooks = {
  readonly positions: readonly Position[]
  readonly transfers: readonly SwitchTransfer[]
}

/** One leg of a transfer as the hub has it. `isOwed`: committed, and the core has not booked it yet. */
export type HubLeg = {
  readonly transferId: string
  readonly fspId: string
  readonly role: 'payer' | 'payee'
  readonly state: TransferState
  readonly isFinal: boolean
  readonly isOwed: boolean
  readonly isInSuspense: boolean
  readonly currency: string
  readonly amount: bigint
  readonly fee: bigint
  readonly payerMsisdn: string
  readonly payeeMsisdn: string
}

/** What the hub says: for whom it speaks, and their legs. */
export type HubBooks = { readonly fspIds: readonly string[]; readonly legs: readonly HubLeg[] }

/** A customer's account before the first payment. */
export type Opening = {
  readonly bank: string
  readonly msisdn: string
  readonly currency: string
  readonly balance: bigint
}

/** What all parties say. `bookless` banks keep no books for the lab: someone's own system stands in their place. */
export type BooksFacts = {
  readonly banks: readonly BankBooks[]
  readonly bookless: readonly string[]
  readonly switch: SwitchBooks
  readonly hub: HubBooks
  readonly openings: readonly Opening[]
}

/** The parts of law 8 of ARCHITECTURE.md, in the order in which they are printed. */
export const bookSections = {
  ledger: "Each bank's accounts add up to zero",
  settlement: 'What a bank owes the others is what the switch says',
  positions: 'All positions at the switch add up to zero',
  customers: 'Every customer has what the transfers imply',
  transfers: "Payer's core, switch, payee's core and hub agree on every transfer",
  held: 'Nothing is left held',
  owed: 'Committed, and still owed by a core',
  suspense: 'In suspense, for a person to sort out',
} as const

export type BookSection = keyof typeof bookSections

/**
 * One line of the books. `group` names lines that may be shown as one when all are right; `note` says more where it helps
 * to find what is wrong.
 */
export type BookLine = {
  readonly section: BookSection
  readonly subject: string
  readonly group: string
  readonly says: string
  readonly expected: string
  readonly isRight: boolean
  readonly note?: string
}
