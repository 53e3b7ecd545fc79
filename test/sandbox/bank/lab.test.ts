import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { openStore } from '../../../sandbox/store.ts'
import { aBank, aTransfer, codeOf, type Answer, type BankUnderTest } from './a-bank.ts'

const folder = mkdtempSync(join(tmpdir(), 'kivuko-bank-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function transfer(bank: BankUnderTest, action: string, changes = {}): Promise<Answer> {
  return bank.api('POST', `/interoperation/transfers?action=${action}`, aTransfer(changes))
}

describe('the lab API of a bank', () => {
  it('opens the books with cash paid in for every customer', async () => {
    const { status, body } = await aBank().ask('GET', '/lab/books')
    expect(status).toBe(200)
    const nothing = {
      held: '0.00',
      fees: '0.00',
      suspense: '0.00',
      loans: '0.00',
      settlement: '0.00',
    }
    expect(body).toMatchObject({
      bank: 'ibis',
      currencies: {
        KES: { customers: '-70000.00', cash: '70000.00', ...nothing, total: '0.00' },
        UGX: { customers: '-3000000', cash: '3000000', total: '0' },
      },
      settled: { KES: '0.00', UGX: '0' },
      transfers: [],
    })
  })

  it('lists the customers with balances and states', async () => {
    const { body } = await aBank().ask('GET', '/lab/customers')
    expect(body).toMatchObject({ customers: expect.arrayContaining([]) as unknown })
    expect(body).toHaveProperty('customers.0.accounts.1', {
      accountId: 'ibis-1-UGX',
      currency: 'UGX',
      balance: '500000',
      held: '0',
      available: '500000',
      state: 'active',
    })
    expect(body).toHaveProperty('customers.6.accounts.0.state', 'frozen')
    expect(body).toHaveProperty('customers.7.accounts.0.balance', '0.00')
  })

  it('lists transfers by state, with amount and fee', async () => {
    const bank = aBank()
    for (const transferCode of ['held', 'released', 'booked']) {
      await transfer(bank, 'PREPARE', { transferCode })
    }
    await transfer(bank, 'RELEASE', { transferCode: 'released' })
    await transfer(bank, 'CREATE', { transferCode: 'booked' })
    await transfer(bank, 'CREATE', { transactionRole: 'PAYEE', accountId: 'ibis-2-KES' })
    const payer = {
      role: 'PAYER',
      held: '0.00',
      amount: '100.00',
      fee: '3.40',
      currency: 'KES',
      accountId: 'ibis-1-KES',
    }
    expect(bank.books().transfers).toEqual([
      { ...payer, transferCode: 'held', state: 'HELD', held: '103.40' },
      { ...payer, transferCode: 'released', state: 'RELEASED' },
      { ...payer, transferCode: 'booked', state: 'COMMITTED' },
      {
        ...payer,
        transferCode: 'tr-1',
        role: 'PAYEE',
        state: 'COMMITTED',
        fee: '0.00',
        accountId: 'ibis-2-KES',
      },
    ])
    expect(bank.books().currencies['KES']).toMatchObject({ held: '-103.40', total: '0.00' })
  })

  it('freezes an account in the middle, so that the booking is owed until it thaws', async () => {
    const bank = aBank()
    await transfer(bank, 'PREPARE')
    await bank.ask('PUT', '/lab/customers/254730000001', { frozen: true })
    expect(codeOf(await transfer(bank, 'CREATE'))).toBe('error.msg.interop.transaction.not.allowed')
    expect((await transfer(bank, 'RELEASE')).status).toBe(403)
    const thawed = await bank.ask('PUT', '/lab/customers/254730000001', { frozen: false })
    expect(thawed.body).toHaveProperty('accounts.0.state', 'active')
    expect((await transfer(bank, 'CREATE')).status).toBe(200)
  })

  it('closes the account of one currency only', async () => {
    const bank = aBank()
    const wish = { closed: true, currency: 'UGX' }
    const { body } = await bank.ask('PUT', '/lab/customers/254730000001', wish)
    expect(body).toMatchObject({ accounts: [{ state: 'active' }, { state: 'closed' }] })
    const account = await bank.api('GET', '/interoperation/accounts/ibis-1-UGX')
    expect(account.body).toMatchObject({ status: 'CLOSED' })
  })

  it.each([
    ['254730000009', { frozen: true }, 404],
    ['254730000007', { frozen: true, currency: 'UGX' }, 404],
    ['254730000001', {}, 400],
    ['254730000001', { frozen: 'yes' }, 400],
    ['254730000001', { melted: true }, 400],
  ])('refuses to change %s by %j', async (msisdn, wish, status) => {
    expect((await aBank().ask('PUT', `/lab/customers/${msisdn}`, wish)).status).toBe(status)
  })

  it('books a settlement once per reference, against cash', async () => {
    const bank = aBank()
    await transfer(bank, 'PREPARE')
    await transfer(bank, 'CREATE')
    const paidByUs = { reference: 'window-1', currency: 'KES', amount: '-100' }
    expect((await bank.ask('POST', '/lab/settlements', paidByUs)).status).toBe(201)
    expect((await bank.ask('POST', '/lab/settlements', paidByUs)).status).toBe(200)
    const other = { ...paidByUs, amount: '-99' }
    expect((await bank.ask('POST', '/lab/settlements', other)).status).toBe(409)
    const { currencies, settled } = bank.books()
    expect(currencies['KES']).toMatchObject({ settlement: '0.00', cash: '69900.00', total: '0.00' })
    expect(settled['KES']).toBe('-100.00')
  })

  it.each([
    [{ reference: 'w', currency: 'KES', amount: '-70000.01' }, 409],
    [{ reference: 'w', currency: 'USD', amount: '1' }, 400],
    [{ reference: 'w', currency: 'KES', amount: '0' }, 400],
    [{ reference: 'w', currency: 'KES', amount: '1.001' }, 400],
    [{ reference: '', currency: 'KES', amount: '1' }, 400],
  ])('refuses the settlement %j', async (settlement, status) => {
    const bank = aBank()
    const before = bank.books()
    expect((await bank.ask('POST', '/lab/settlements', settlement)).status).toBe(status)
    expect(bank.books()).toEqual(before)
  })

  it('says that it is up, and what it does not have', async () => {
    const bank = aBank()
    expect((await bank.ask('GET', '/lab/health')).body).toEqual({ bank: 'ibis', state: 'up' })
    expect((await bank.ask('GET', '/elsewhere')).status).toBe(404)
    expect((await bank.ask('PATCH', '/lab/books')).status).toBe(405)
  })

  it('lists the operations on which faults can be put', async () => {
    const { body } = await aBank().ask('GET', '/lab/faults')
    expect(body).toHaveProperty('operations')
    expect(JSON.stringify(body)).toContain('create-payer')
  })
})

describe('a bank whose file is opened again', () => {
  it('has everything, holds and first answers included, and is not seeded twice', async () => {
    const file = join(folder, 'ibis.db')
    const before = aBank(openStore(file))
    const path = '/interoperation/transfers?action=PREPARE'
    const headers = { 'idempotency-key': 'k-1' }
    const first = await before.api('POST', path, aTransfer(), headers)
    await before.ask('PUT', '/lab/customers/254730000002', { frozen: true })
    const books = before.books()
    before.store.close()

    const after = aBank(openStore(file))
    expect(after.books()).toEqual(books)
    const again = await after.api('POST', path, aTransfer(), headers)
    expect([again.text, again.headers['x-served-from-cache']]).toEqual([first.text, 'true'])
    expect((await transfer(after, 'CREATE')).status).toBe(200)
    after.store.close()
  })
})
