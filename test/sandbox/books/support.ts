import type {
  BankBooks,
  BooksFacts,
  CoreTransfer,
  HubLeg,
  SwitchTransfer,
} from '../../../sandbox/books/facts.ts'

/** Heron and weaver in KES, a customer each with 100.00. */
export const payer = '254710000001'
export const payee = '254720000001'

export function aCoreTransfer(changes: Partial<CoreTransfer> = {}): CoreTransfer {
  return {
    transferId: 't1',
    role: 'payer',
    outcome: 'booked',
    msisdn: payer,
    currency: 'KES',
    amount: 1_000n,
    fee: 50n,
    ...changes,
  }
}

export function aSwitchTransfer(changes: Partial<SwitchTransfer> = {}): SwitchTransfer {
  return {
    transferId: 't1',
    payerFsp: 'heron',
    payeeFsp: 'weaver',
    currency: 'KES',
    amount: 1_000n,
    state: 'COMMITTED',
    ...changes,
  }
}

export function aLeg(changes: Partial<HubLeg> = {}): HubLeg {
  return {
    transferId: 't1',
    fspId: 'heron',
    role: 'payer',
    state: 'COMMITTED',
    isFinal: true,
    isOwed: false,
    isInSuspense: false,
    currency: 'KES',
    amount: 1_000n,
    fee: 50n,
    payerMsisdn: payer,
    payeeMsisdn: payee,
    ...changes,
  }
}

/** A payee's bank as it stands after t1 (10.00 KES from heron to weaver). */
export function weaverAfterOne(changes: Partial<BankBooks> = {}): BankBooks {
  return {
    bank: 'weaver',
    ledgers: [
      {
        currency: 'KES',
        settled: 0n,
        accounts: { cash: 10_000n, customers: -11_000n, settlement: 1_000n },
      },
    ],
    customers: [{ msisdn: payee, currency: 'KES', balance: 11_000n, held: 0n }],
    transfers: [aCoreTransfer({ role: 'payee', msisdn: payee, fee: 0n })],
    ...changes,
  }
}

/** The payer's bank as it stands after t1, with 0.50 KES earned. */
export function heronAfterOne(changes: Partial<BankBooks> = {}): BankBooks {
  return {
    bank: 'heron',
    ledgers: [
      {
        currency: 'KES',
        settled: 0n,
        accounts: { cash: 10_000n, customers: -8_950n, fees: -50n, settlement: -1_000n },
      },
    ],
    customers: [{ msisdn: payer, currency: 'KES', balance: 8_950n, held: 0n }],
    transfers: [aCoreTransfer()],
    ...changes,
  }
}

/** Books that are right after one committed transfer, changed by what is given. */
export function booksAfterOne(changes: Partial<BooksFacts> = {}): BooksFacts {
  return {
    banks: [heronAfterOne(), weaverAfterOne()],
    bookless: [],
    switch: {
      positions: [
        { participant: 'heron', currency: 'KES', position: 1_000n, settled: 0n },
        { participant: 'weaver', currency: 'KES', position: -1_000n, settled: 0n },
      ],
      transfers: [aSwitchTransfer()],
    },
    hub: {
      fspIds: ['heron', 'weaver'],
      legs: [aLeg(), aLeg({ fspId: 'weaver', role: 'payee', fee: 0n })],
    },
    openings: [
      { bank: 'heron', msisdn: payer, currency: 'KES', balance: 10_000n },
      { bank: 'weaver', msisdn: payee, currency: 'KES', balance: 10_000n },
    ],
    ...changes,
  }
}
