import { describe, expect, it } from '@jest/globals'
import { minorUnitsOf } from '../../sandbox/money.ts'
import { bankNames, parseBankSeed, readBankSeed, readSwitchSeed } from '../../sandbox/seed.ts'

/** What tutorials and people's muscle memory depend on. */
const fixed = {
  heron: { port: 4201, prefix: '254710', kind: 'mfi', currencies: ['KES'] },
  weaver: { port: 4202, prefix: '254720', kind: 'savings-bank', currencies: ['KES'] },
  ibis: { port: 4203, prefix: '254730', kind: 'sacco', currencies: ['KES', 'UGX'] },
  kingfisher: {
    port: 4204,
    prefix: '254740',
    kind: 'mobile-money-issuer',
    currencies: ['KES', 'UGX'],
  },
} as const

describe.each(bankNames)('the seed of %s', (bank) => {
  const seed = readBankSeed(bank)
  const facts = fixed[bank]

  it('has the fixed port, kind and currencies', () => {
    expect(seed).toMatchObject({ name: bank, port: facts.port, kind: facts.kind })
    expect(seed.currencies).toEqual(facts.currencies)
  })

  it('has eight named customers, whose MSISDN ends in their number', () => {
    const msisdns = seed.customers.map((customer) => customer.msisdn)
    expect(msisdns).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => `${facts.prefix}00000${String(n)}`))
    const names = seed.customers.map(({ firstName, lastName }) => `${firstName} ${lastName}`)
    expect(new Set(names).size).toBe(8)
  })

  it('gives each 10,000.00 KES, freezes the seventh and leaves the eighth nothing', () => {
    const kes = seed.customers.map(({ accounts }) => accounts[0])
    expect(kes.map((account) => account?.currency)).toEqual(Array(8).fill('KES'))
    expect(kes.map((account) => account?.balance)).toEqual([
      ...Array<string>(7).fill('10000.00'),
      '0.00',
    ])
    expect(seed.customers.map(({ frozen }) => frozen)).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((n) => n === 7),
    )
  })

  it('gives the first six 500,000 UGX where UGX is held', () => {
    const holders = facts.currencies.length === 2 ? 6 : 0
    const ugx = seed.customers.map(({ accounts }) => accounts[1])
    for (const [index, account] of ugx.entries()) {
      expect(account).toEqual(index < holders ? { currency: 'UGX', balance: '500000' } : undefined)
    }
  })

  it('charges less than 1 % and 10.00 KES', () => {
    const { flat, percent } = seed.fees.perCurrency['KES'] ?? { flat: '10.00', percent: '1' }
    expect(minorUnitsOf(flat, 'KES')).toBeLessThan(1_000n)
    expect(percent).toMatch(/^0\./)
    expect(Object.keys(seed.fees.perCurrency)).toEqual(seed.currencies)
  })
})

describe('the seeds', () => {
  it('differ in their fees', () => {
    const fees = bankNames.map((bank) => JSON.stringify(readBankSeed(bank).fees.perCurrency['KES']))
    expect(new Set(fees).size).toBe(4)
  })

  it('let each bank take part at the switch, in each of its currencies', () => {
    const { participants, port } = readSwitchSeed()
    expect(port).toBe(4100)
    expect(participants.map(({ name }) => name)).toEqual(bankNames)
    for (const { name, accounts } of participants) {
      const bank = bankNames.find((each) => each === name)
      expect(accounts.map(({ currency }) => currency)).toEqual(
        bank && readBankSeed(bank).currencies,
      )
    }
  })

  it('are refused with everything that is wrong, at once', () => {
    const broken = JSON.stringify({ ...readBankSeed('heron'), name: 'Heron!', port: 0 })
    expect(() => parseBankSeed(broken)).toThrow(/name: .*; port: /)
  })
})
