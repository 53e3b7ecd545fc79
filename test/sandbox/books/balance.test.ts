import { describe, expect, it } from '@jest/globals'
import { balanceBooks, isAtRest } from '../../../sandbox/books/balance.ts'
import {
  bookSections,
  type BankBooks,
  type BooksFacts,
  type HubLeg,
} from '../../../sandbox/books/facts.ts'
import {
  aCoreTransfer,
  aLeg,
  aSwitchTransfer,
  booksAfterOne,
  heronAfterOne,
  payee,
  payer,
  weaverAfterOne,
} from './support.ts'

/** What is not right, as "section: subject". */
function wrong(facts: BooksFacts): readonly string[] {
  return balanceBooks(facts)
    .filter(({ isRight }) => !isRight)
    .map(({ section, subject }) => `${section}: ${subject}`)
}

/** The bank with these units added to some of its accounts. */
function shifted(bank: BankBooks, change: Readonly<Record<string, bigint>>): BankBooks {
  return {
    ...bank,
    ledgers: bank.ledgers.map((ledger) => {
      const accounts: Record<string, bigint> = { ...ledger.accounts }
      for (const [kind, units] of Object.entries(change)) {
        accounts[kind] = (accounts[kind] ?? 0n) + units
      }
      return { ...ledger, accounts }
    }),
  }
}

describe('balanceBooks', () => {
  it('finds nothing wrong with books that are right', () => {
    const lines = balanceBooks(booksAfterOne())
    expect(lines.filter(({ isRight }) => !isRight)).toEqual([])
    expect(new Set(lines.map(({ section }) => section))).toEqual(new Set(Object.keys(bookSections)))
    expect(lines.find(({ section }) => section === 'transfers')).toMatchObject({
      subject: 't1',
      expected: 'COMMITTED everywhere',
    })
  })

  it('finds nothing wrong with a transfer that came to nothing at every stage', () => {
    const aborted = [
      aLeg({ transferId: 'lookup', state: 'ABORTED', payeeMsisdn: '254720000009' }),
      aLeg({ transferId: 'reserve', state: 'ABORTED' }),
      aLeg({ transferId: 'switch', state: 'ABORTED' }),
      aLeg({ transferId: 'switch', state: 'ABORTED', fspId: 'weaver', role: 'payee' }),
    ]
    const base = booksAfterOne()
    const facts = booksAfterOne({
      hub: { ...base.hub, legs: [...base.hub.legs, ...aborted] },
      switch: {
        ...base.switch,
        transfers: [aSwitchTransfer(), aSwitchTransfer({ transferId: 'switch', state: 'ABORTED' })],
      },
      banks: [
        heronAfterOne({
          transfers: [
            aCoreTransfer(),
            aCoreTransfer({ transferId: 'switch', outcome: 'released' }),
          ],
        }),
        weaverAfterOne(),
      ],
    })
    expect(wrong(facts)).toEqual([])
  })

  it('finds a cent that a bank lost from a customer', () => {
    const customers = [{ msisdn: payer, currency: 'KES', balance: 8_949n, held: 0n }]
    expect(
      wrong(booksAfterOne({ banks: [heronAfterOne({ customers }), weaverAfterOne()] })),
    ).toEqual(['ledger: heron KES customers', `customers: heron ${payer} KES`])
  })

  it('finds a cent that a bank lost from its own accounts', () => {
    const banks = [shifted(heronAfterOne(), { fees: 1n }), weaverAfterOne()]
    expect(wrong(booksAfterOne({ banks }))).toEqual(['ledger: heron KES'])
  })

  it('finds a credit that was booked twice', () => {
    const customers = [{ msisdn: payee, currency: 'KES', balance: 12_000n, held: 0n }]
    const once = aCoreTransfer({ role: 'payee', msisdn: payee, fee: 0n })
    const weaver = shifted(weaverAfterOne({ customers, transfers: [once, once] }), {
      customers: -1_000n,
      settlement: 1_000n,
    })
    expect(wrong(booksAfterOne({ banks: [heronAfterOne(), weaver] }))).toEqual([
      'settlement: weaver KES',
      `customers: weaver ${payee} KES`,
      'transfers: t1',
    ])
  })

  it('finds a hold that was left, and names its transfer', () => {
    const heron = heronAfterOne({
      customers: [{ msisdn: payer, currency: 'KES', balance: 8_950n, held: 200n }],
      transfers: [
        aCoreTransfer(),
        aCoreTransfer({ transferId: 't2', outcome: 'held', amount: 190n, fee: 10n }),
      ],
    })
    const facts = booksAfterOne({ banks: [heron, weaverAfterOne()] })
    expect(wrong(facts)).toEqual(['transfers: t2', 'held: heron KES'])
    const held = balanceBooks(facts).find(({ section, isRight }) => section === 'held' && !isRight)
    expect(held).toMatchObject({ says: '2.00', expected: '0.00', note: 'transfer t2' })
  })

  it.each([
    ['the payer core', { banks: [heronAfterOne({ transfers: [] }), weaverAfterOne()] }],
    ['the payee core', { banks: [heronAfterOne(), weaverAfterOne({ transfers: [] })] }],
    ['the switch', { switch: { ...booksAfterOne().switch, transfers: [] } }],
    ["the hub's payee leg", { hub: { ...booksAfterOne().hub, legs: [aLeg()] } }],
  ])('finds a transfer that is committed everywhere but at %s', (_where, changes) => {
    expect(wrong(booksAfterOne(changes))).toContain('transfers: t1')
  })

  it('finds a transfer that the switch has aborted and the others have committed', () => {
    const transfers = [aSwitchTransfer({ state: 'ABORTED' })]
    const facts = booksAfterOne({ switch: { ...booksAfterOne().switch, transfers } })
    expect(wrong(facts)).toEqual(['transfers: t1'])
    const line = balanceBooks(facts).find(({ section }) => section === 'transfers')
    expect(line?.says).toBe(
      "hub for heron (payer): COMMITTED 10.00 KES, heron's core (payer): COMMITTED 10.00 KES, switch: ABORTED 10.00 KES, weaver's core (payee): COMMITTED 10.00 KES, hub for weaver (payee): COMMITTED 10.00 KES",
    )
  })

  it('takes no offence at an FSP that refused a prepare which was meant for another', () => {
    const { hub } = booksAfterOne()
    const stray = (state: 'ABORTED' | 'COMMITTED') => aLeg({ fspId: 'heron', role: 'payee', state })
    const withStray = (leg: HubLeg) => booksAfterOne({ hub: { ...hub, legs: [...hub.legs, leg] } })
    expect(wrong(withStray(stray('ABORTED')))).not.toContain('transfers: t1')
    expect(wrong(withStray(stray('COMMITTED')))).toContain('transfers: t1')
  })

  it('finds a transfer of whose amount one party has another idea', () => {
    const transfers = [aSwitchTransfer({ amount: 1_001n })]
    expect(wrong(booksAfterOne({ switch: { ...booksAfterOne().switch, transfers } }))).toEqual([
      'transfers: t1',
    ])
  })

  it('finds positions that do not add up to zero', () => {
    const positions = [
      { participant: 'heron', currency: 'KES', position: 1_000n, settled: 0n },
      { participant: 'weaver', currency: 'KES', position: -999n, settled: 0n },
    ]
    expect(wrong(booksAfterOne({ switch: { ...booksAfterOne().switch, positions } }))).toEqual([
      'settlement: weaver KES',
      'positions: KES',
    ])
  })

  it('allows for what was settled', () => {
    const positions = [
      { participant: 'heron', currency: 'KES', position: 0n, settled: 1_000n },
      { participant: 'weaver', currency: 'KES', position: 0n, settled: -1_000n },
    ]
    expect(wrong(booksAfterOne({ switch: { ...booksAfterOne().switch, positions } }))).toEqual([])
  })

  it('allows for what was settled and the banks have booked as paid', () => {
    const positions = [
      { participant: 'heron', currency: 'KES', position: 0n, settled: 1_000n },
      { participant: 'weaver', currency: 'KES', position: 0n, settled: -1_000n },
    ]
    const paid = (bank: BankBooks, units: bigint): BankBooks => {
      const moved = shifted(bank, { cash: units, settlement: -units })
      return { ...moved, ledgers: moved.ledgers.map((each) => ({ ...each, settled: units })) }
    }
    const facts = booksAfterOne({
      banks: [paid(heronAfterOne(), -1_000n), paid(weaverAfterOne(), 1_000n)],
      switch: { ...booksAfterOne().switch, positions },
    })
    expect(wrong(facts)).toEqual([])
  })

  it('counts and names a booking that a payee core owes, and finds nothing else wrong', () => {
    const weaver = weaverAfterOne({
      ledgers: [{ currency: 'KES', settled: 0n, accounts: { cash: 10_000n, customers: -10_000n } }],
      customers: [{ msisdn: payee, currency: 'KES', balance: 10_000n, held: 0n }],
      transfers: [],
    })
    const owed = aLeg({ fspId: 'weaver', role: 'payee', fee: 0n, isOwed: true, isFinal: false })
    const facts = booksAfterOne({
      banks: [heronAfterOne(), weaver],
      hub: { fspIds: ['heron', 'weaver'], legs: [aLeg(), owed] },
    })
    expect(wrong(facts)).toEqual([])
    expect(isAtRest(facts)).toBe(true)
    expect(balanceBooks(facts).filter(({ section }) => section === 'owed')).toMatchObject([
      { subject: 'bookings owed', says: '1' },
      { subject: 'weaver t1', says: '10.00 KES' },
    ])
  })

  it('counts what a person put into suspense, and finds what nobody decided to put there', () => {
    const weaver = weaverAfterOne({
      ledgers: [
        {
          currency: 'KES',
          settled: 0n,
          accounts: { cash: 10_000n, customers: -10_000n, settlement: 1_000n, suspense: -1_000n },
        },
      ],
      customers: [{ msisdn: payee, currency: 'KES', balance: 10_000n, held: 0n }],
      transfers: [],
    })
    const owed = { fspId: 'weaver', role: 'payee', fee: 0n, isOwed: true, isFinal: false } as const
    const withLeg = (isInSuspense: boolean): BooksFacts =>
      booksAfterOne({
        banks: [heronAfterOne(), weaver],
        hub: { fspIds: ['heron', 'weaver'], legs: [aLeg(), aLeg({ ...owed, isInSuspense })] },
      })
    expect(wrong(withLeg(true))).toEqual([])
    expect(wrong(withLeg(false))).toEqual(['settlement: weaver KES', 'suspense: weaver KES'])
  })

  it('asks no switch about a payment within one bank', () => {
    const other = '254710000002'
    const heron = heronAfterOne({
      ledgers: [
        {
          currency: 'KES',
          settled: 0n,
          accounts: { cash: 20_000n, customers: -19_950n, fees: -50n },
        },
      ],
      customers: [
        { msisdn: payer, currency: 'KES', balance: 8_950n, held: 0n },
        { msisdn: other, currency: 'KES', balance: 11_000n, held: 0n },
      ],
      transfers: [aCoreTransfer(), aCoreTransfer({ role: 'payee', msisdn: other, fee: 0n })],
    })
    const facts = booksAfterOne({
      banks: [heron],
      switch: { positions: [], transfers: [] },
      hub: { fspIds: ['heron', 'weaver'], legs: [aLeg({ payeeMsisdn: other })] },
      openings: [
        { bank: 'heron', msisdn: payer, currency: 'KES', balance: 10_000n },
        { bank: 'heron', msisdn: other, currency: 'KES', balance: 10_000n },
      ],
    })
    expect(wrong(facts)).toEqual([])
    const switched = {
      ...facts,
      switch: {
        positions: [],
        transfers: [aSwitchTransfer({ payeeFsp: 'heron', state: 'ABORTED' })],
      },
    }
    expect(wrong(switched)).toEqual(['transfers: t1'])
  })

  it.each([
    ['payee', { fspIds: ['heron'], legs: [aLeg()] }],
    ['payer', { fspIds: ['weaver'], legs: [aLeg({ fspId: 'weaver', role: 'payee', fee: 0n })] }],
  ] as const)('believes a %s bank on its own feet about its own leg', (_role, hub) => {
    expect(wrong(booksAfterOne({ hub }))).toEqual([])
  })

  it('is not at rest while a leg, the switch or a core has not ended', () => {
    const base = booksAfterOne()
    expect(isAtRest(base)).toBe(true)
    const leg = aLeg({ state: 'RESERVED', isFinal: false })
    expect(isAtRest({ ...base, hub: { ...base.hub, legs: [leg] } })).toBe(false)
    const atSwitch = { ...base.switch, transfers: [aSwitchTransfer({ state: 'RESERVED' })] }
    expect(isAtRest({ ...base, switch: atSwitch })).toBe(false)
    const heron = heronAfterOne({ transfers: [aCoreTransfer({ outcome: 'held' })] })
    expect(isAtRest({ ...base, banks: [heron] })).toBe(false)
  })

  it('is not at rest while a bank on its own feet has not booked what the switch has committed', () => {
    const base = booksAfterOne()
    const hub = { fspIds: ['heron'], legs: [aLeg()] }
    expect(isAtRest({ ...base, hub })).toBe(true)
    const banks = [heronAfterOne(), weaverAfterOne({ transfers: [] })]
    expect(isAtRest({ ...base, hub, banks })).toBe(false)
    const both = { fspIds: [], legs: [] }
    expect(isAtRest({ ...base, hub: both })).toBe(true)
    expect(isAtRest({ ...base, hub: both, banks: [heronAfterOne({ transfers: [] })] })).toBe(false)
  })
})
