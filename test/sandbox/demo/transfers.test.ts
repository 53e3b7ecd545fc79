import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { expectedText, parseDemoRows, type DemoRow } from '../../../sandbox/demo/parse-rows.ts'
import { minorUnitsOf } from '../../../sandbox/money.ts'
import { bankNames, readBankSeed, readSwitchSeed } from '../../../sandbox/seed.ts'
import { demoCsv } from '../../support/make-demo-csv.ts'

const text = readFileSync(new URL('../../../sandbox/demo/transfers.csv', import.meta.url), 'utf8')
const rows = parseDemoRows(text)
const good = rows.filter(({ expected }) => expectedText(expected) === 'COMMITTED')
const bad = rows.filter(({ expected }) => expectedText(expected) !== 'COMMITTED')
const seeds = bankNames.map(readBankSeed)

function bankOf(msisdn: string): string {
  const seed = seeds.find((each) => msisdn.startsWith(each.customers[0]!.msisdn.slice(0, 6)))
  return seed?.name ?? 'none'
}

function unitsOf({ amount, currency }: DemoRow): bigint {
  return minorUnitsOf(amount, currency) ?? 0n
}

function pairs(currency: string): ReadonlySet<string> {
  const some = good.filter((row) => row.currency === currency)
  return new Set(some.map((row) => `${row.payerFsp}>${bankOf(row.payeeMsisdn)}`))
}

function ugxFlow(from: string, to: string): bigint {
  return good
    .filter(({ currency }) => currency === 'UGX')
    .filter((row) => row.payerFsp === from && bankOf(row.payeeMsisdn) === to)
    .reduce((sum, row) => sum + unitsOf(row), 0n)
}

describe('transfers.csv', () => {
  it('is what its script makes', () => {
    expect(text).toBe(demoCsv())
  })

  it('pays between all ordered pairs of banks, and within each', () => {
    expect(rows.length).toBeGreaterThanOrEqual(300)
    expect(pairs('KES').size).toBe(16)
    for (const pair of ['ibis>kingfisher', 'kingfisher>ibis']) expect(pairs('UGX')).toContain(pair)
  })

  it('holds at least 40 payments that must fail, for at least 10 different reasons', () => {
    expect(bad.length).toBeGreaterThanOrEqual(40)
    expect(new Set(bad.map(({ expected }) => expectedText(expected))).size).toBeGreaterThanOrEqual(
      10,
    )
  })

  it('lets no payer run short, even if nobody has paid her yet', () => {
    const spent = new Map<string, bigint>()
    for (const row of good) {
      const account = `${row.payerMsisdn} ${row.currency}`
      // No bank's fee is more than 1 % and 100 UGX or 10.00 KES.
      const cost = unitsOf(row) + unitsOf(row) / 100n + 1_000n
      spent.set(account, (spent.get(account) ?? 0n) + cost)
    }
    for (const [account, units] of spent) {
      expect([account, units < (account.endsWith('KES') ? 1_000_000n : 500_000n)]).toEqual([
        account,
        true,
      ])
    }
  })

  it('pays nobody who must stay poor, and nobody enough for what must be too much', () => {
    const poor = good.filter(({ payeeMsisdn }) => payeeMsisdn.endsWith('8'))
    expect(poor).toEqual([])
    const richest = Math.max(
      ...[1, 2, 3, 4, 5, 6].flatMap((n) =>
        seeds.map((seed) => {
          const own = seed.customers[n - 1]!.msisdn
          const received = good.filter((row) => row.payeeMsisdn === own && row.currency === 'KES')
          return Number(received.reduce((sum, row) => sum + unitsOf(row), 1_000_000n))
        }),
      ),
    )
    expect(richest).toBeLessThan(7_500_000)
  })

  it("holds two payments over ibis's cap and liquidity in UGX, whatever has flowed before them", () => {
    const ibis = readSwitchSeed().participants.find(({ name }) => name === 'ibis')
    const account = ibis!.accounts.find(({ currency }) => currency === 'UGX')!
    const cap = BigInt(account.netDebitCap)
    const liquidity = BigInt(account.liquidity)
    const out = ugxFlow('ibis', 'kingfisher')
    const back = ugxFlow('kingfisher', 'ibis')
    const [overCap] = rows.filter(({ expected }) => expectedText(expected) === '4200')
    const [overLiquidity] = rows.filter(({ expected }) => expectedText(expected) === '4001')
    expect(unitsOf(overLiquidity!)).toBeGreaterThan(liquidity + back)
    expect(unitsOf(overCap!)).toBeGreaterThan(cap + back)
    // Liquidity is looked at first, so the other payment must be within it.
    expect(unitsOf(overCap!)).toBeLessThanOrEqual(liquidity - out)
  })
})
