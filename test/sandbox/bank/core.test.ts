import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { BankBooks } from '../../../sandbox/bank/books.ts'
import { isRefused } from '../../../sandbox/bank/refusal.ts'
import type { Move } from '../../../sandbox/bank/steps.ts'
import { minorUnitsOf } from '../../../sandbox/money.ts'
import { aBank } from './a-bank.ts'

function kes(minorUnits: bigint): { readonly minorUnits: bigint; readonly currency: string } {
  return { minorUnits, currency: 'KES' }
}

function aMove(changes: Partial<Move> = {}): Move {
  const amount = kes(10_000n)
  return { transferCode: 'tr-1', accountId: 'ibis-1-KES', amount, total: 10_340n, ...changes }
}

describe('the core of a bank, without a wire', () => {
  it('finds a party and her account in another currency', () => {
    const { core } = aBank().bank
    const key = { idType: 'MSISDN', idValue: '254730000001', subId: '' }
    const account = core.findParty(key)
    expect(account).toMatchObject({ accountId: 'ibis-1-KES', state: 'active' })
    expect(account && core.accountIn('UGX', account)?.accountId).toBe('ibis-1-UGX')
    expect(account && core.accountIn('USD', account)).toBeUndefined()
    expect(core.findParty({ ...key, idValue: '254730000009' })).toBeUndefined()
  })

  it('tells the outcome of a transfer code at every step', () => {
    const { core } = aBank().bank
    const { transferCode, accountId } = aMove()
    const outcome = (): string => core.outcome({ accountId, transferCode, role: 'PAYER' })
    expect(outcome()).toBe('nothing')
    core.hold(aMove())
    expect(outcome()).toBe('held')
    core.release(aMove())
    expect(outcome()).toBe('released')
    core.commit(aMove())
    expect(outcome()).toBe('booked')
    expect(core.outcome({ accountId, transferCode, role: 'PAYEE' })).toBe('nothing')
    core.credit(aMove())
    expect(core.outcome({ accountId, transferCode, role: 'PAYEE' })).toBe('booked')
  })

  it('prices and refuses with reasons', () => {
    const { core } = aBank().bank
    const ask = { accountId: 'ibis-1-KES', role: 'PAYER', amount: kes(10_000n) } as const
    expect(core.price(ask)).toEqual({ fee: kes(340n) })
    expect(core.price({ ...ask, accountId: 'ibis-8-KES' })).toMatchObject({
      refused: 'insufficient-funds',
    })
    expect(core.price({ ...ask, accountId: 'ibis-7-KES' })).toMatchObject({
      refused: 'account-frozen',
    })
    expect(core.price({ ...ask, role: 'PAYEE', accountId: 'ibis-8-KES' })).toEqual({ fee: kes(0n) })
  })
})

const accountIds = ['ibis-1-KES', 'ibis-2-KES', 'ibis-7-KES', 'ibis-8-KES']

const step = fc.record({
  kind: fc.constantFrom('hold', 'commit', 'release', 'credit', 'freeze', 'thaw'),
  accountId: fc.constantFrom(...accountIds),
  transferCode: fc.constantFrom('a', 'b', 'c', 'd'),
  amount: fc.constantFrom(1n, 10_000n, 499_999n, 996_000n),
  spread: fc.constantFrom(0n, 0n, 340n, -1n),
})

type Random = typeof step extends fc.Arbitrary<infer T> ? T : never

async function take(
  { bank, ask }: ReturnType<typeof aBank>,
  { kind, accountId, transferCode, amount, spread }: Random,
): Promise<void> {
  if (kind === 'freeze' || kind === 'thaw') {
    const msisdn = `25473000000${accountId.charAt(5)}`
    await ask('PUT', `/lab/customers/${msisdn}`, { frozen: kind === 'freeze' })
    return
  }
  const total = amount + spread > 0n ? amount + spread : 0n
  const move = { transferCode, accountId, amount: kes(amount), total }
  const before = bank.books()
  const done = bank.core[kind](move)
  if (isRefused(done)) expect(bank.books()).toEqual(before)
}

function units(decimal: string): bigint {
  return minorUnitsOf(decimal, 'KES') ?? 0n
}

function assertSound(books: BankBooks, opened: bigint): void {
  const { total, settlement, fees, cash } = books.currencies['KES'] ?? {
    total: '1',
    settlement: '0',
    fees: '0',
    cash: '0',
  }
  expect(total).toBe('0.00')
  expect(units(cash)).toBe(opened)
  const accounts = books.customers.flatMap((customer) => customer.accounts)
  for (const account of accounts.filter(({ currency }) => currency === 'KES')) {
    expect(units(account.available)).toBeGreaterThanOrEqual(0n)
    const ofAccount = books.transfers.filter(({ accountId }) => accountId === account.accountId)
    expect(units(account.held)).toBe(ofAccount.reduce((sum, { held }) => sum + units(held), 0n))
  }
  const committed = books.transfers.filter(({ state }) => state === 'COMMITTED')
  const paid = committed.filter(({ role }) => role === 'PAYER')
  const received = committed.filter(({ role }) => role === 'PAYEE')
  expect(units(settlement)).toBe(sumOf(received) - sumOf(paid))
  expect(units(fees)).toBe(-paid.reduce((sum, { fee }) => sum + units(fee), 0n))
}

function sumOf(transfers: BankBooks['transfers']): bigint {
  return transfers.reduce((sum, { amount }) => sum + units(amount), 0n)
}

describe('the books, whatever is asked of them', () => {
  it('balance, hold what is on hold, never fall below zero, and a no changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const tested = aBank()
        const opened = units(tested.bank.books().currencies['KES']?.cash ?? '0')
        for (const each of steps) await take(tested, each)
        assertSound(tested.bank.books(), opened)
      }),
      { numRuns: 40 },
    )
  })
})
