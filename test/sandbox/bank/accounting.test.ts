import { describe, expect, it } from '@jest/globals'
import { aBank, codeOf, type Answer, type BankUnderTest } from './a-bank.ts'

const dated = { locale: 'en', dateFormat: 'yyyy-MM-dd' }

function move(bank: BankUnderTest, changes: object = {}): Promise<Answer> {
  return bank.api('POST', '/accounttransfers', {
    fromOfficeId: 1,
    fromClientId: 1,
    fromAccountType: 2,
    fromAccountId: 1,
    toOfficeId: 1,
    toClientId: 2,
    toAccountType: 2,
    toAccountId: 3,
    transferDate: '2026-01-01',
    transferAmount: 250.25,
    transferDescription: 'for the goat',
    ...dated,
    ...changes,
  })
}

function journal(bank: BankUnderTest, changes: object = {}): Promise<Answer> {
  return bank.api('POST', '/journalentries', {
    officeId: 1,
    transactionDate: '2026-01-01',
    currencyCode: 'KES',
    debits: [{ glAccountId: 6, amount: 70 }],
    credits: [{ glAccountId: 3, amount: '70.00' }],
    comments: 'booking owed',
    ...dated,
    ...changes,
  })
}

describe('a transfer within the bank', () => {
  it('moves the money, without a fee, and stands on both statements', async () => {
    const bank = aBank()
    const { status, body } = await move(bank)
    expect([status, body]).toEqual([200, { savingsId: '1', resourceId: '1' }])
    const of = async (id: number): Promise<unknown> =>
      (await bank.api('GET', `/savingsaccounts/${String(id)}?associations=transactions`)).body
    expect(await of(1)).toMatchObject({
      summary: { accountBalance: '9749.75' },
      transactions: [{ transactionType: { withdrawal: true }, note: 'for the goat' }],
    })
    expect(await of(3)).toMatchObject({
      summary: { accountBalance: '10250.25' },
      transactions: [{ transactionType: { deposit: true }, runningBalance: '10250.25' }],
    })
    expect(bank.books().currencies['KES']?.total).toBe('0.00')
  })

  it.each([
    ['more than there is', { transferAmount: 10_000.01 }, 403],
    ['to another currency', { toClientId: 1, toAccountId: 2 }, 403],
    ['from somebody else', { fromClientId: 2 }, 404],
    ['to a loan', { toAccountType: 1 }, 400],
    ['to a frozen account', { toClientId: 7, toAccountId: 13 }, 403],
    ['without a description', { transferDescription: undefined }, 400],
  ])('refuses %s', async (_, changes, status) => {
    const bank = aBank()
    expect((await move(bank, changes)).status).toBe(status)
    expect(bank.books().currencies['KES']?.customers).toBe('-70000.00')
  })

  it('is not undone on one of its sides', async () => {
    const bank = aBank()
    await move(bank)
    expect(
      (await bank.api('POST', '/savingsaccounts/1/transactions/1?command=undo', {})).status,
    ).toBe(403)
  })
})

describe('a journal entry', () => {
  it('moves between the bank’s own accounts, and is reversed once', async () => {
    const bank = aBank()
    expect((await journal(bank)).body).toMatchObject({ officeId: '1' })
    expect(bank.books().currencies['KES']).toMatchObject({
      suspense: '-70.00',
      settlement: '70.00',
    })
    const { body } = await journal(bank)
    expect(body).toEqual({ officeId: '1', transactionId: '15' })
    const reverse = (): Promise<Answer> =>
      bank.api('POST', '/journalentries/15?command=reverse', {})
    expect((await reverse()).status).toBe(200)
    expect((await reverse()).status).toBe(403)
    expect(bank.books().currencies['KES']).toMatchObject({ suspense: '-70.00', total: '0.00' })
  })

  it.each([
    ['that does not balance', { credits: [{ glAccountId: 3, amount: 69 }] }, 403],
    ['on the customers’ accounts', { credits: [{ glAccountId: 1, amount: 70 }] }, 403],
    ['on an account that is not there', { credits: [{ glAccountId: 77, amount: 70 }] }, 404],
    ['without credits', { credits: [] }, 400],
    [
      'that takes more cash than there is',
      {
        credits: [{ glAccountId: 5, amount: 70_001 }],
        debits: [{ glAccountId: 3, amount: 70_001 }],
      },
      403,
    ],
  ])('is refused %s', async (_, changes, status) => {
    const bank = aBank()
    const before = bank.books()
    expect((await journal(bank, changes)).status).toBe(status)
    expect(bank.books()).toEqual(before)
  })

  it('of an opening or a payment is not for people to reverse', async () => {
    const answer = await aBank().api('POST', '/journalentries/1?command=reverse', {})
    expect(codeOf(answer)).toBe('error.msg.glJournalEntry.not.reversible')
  })

  it('finds its accounts and payment types in lists', async () => {
    const bank = aBank()
    expect((await bank.api('GET', '/glaccounts')).body).toEqual(
      ['customers', 'fees', 'suspense', 'loans', 'cash', 'settlement'].map((name, index) =>
        expect.objectContaining({ id: String(index + 1), name }),
      ),
    )
    expect((await bank.api('GET', '/paymenttypes')).body).toMatchObject([
      { isCashPayment: true },
      { isCashPayment: false },
    ])
  })
})

describe('clients', () => {
  it('tell who they are', async () => {
    const bank = aBank()
    const { body } = await bank.api('GET', '/clients/1')
    expect(body).toMatchObject({
      id: '1',
      displayName: 'Nakato Nambi',
      mobileNo: '254730000001',
      active: true,
      dateOfBirth: ['1986', '2', '8'],
    })
    expect((await bank.api('GET', '/clients/9')).status).toBe(404)
  })

  it.each([
    ['nakato', 'clients', ['CLIENT']],
    ['254730000002', 'clients,savings&exactMatch=true', ['CLIENT']],
    ['ibis-1-KES', 'savings&exactMatch=true', ['SAVING']],
    ['ibis-1', 'clients,savings', ['SAVING', 'SAVING']],
    ['nobody', 'clients,savings', []],
  ])('are searched for %s in %s', async (query, resource, types) => {
    const { body } = await aBank().api('GET', `/search?query=${query}&resource=${resource}`)
    expect(body).toMatchObject(types.map((entityType) => ({ entityType })))
    expect(body).toHaveLength(types.length)
  })
})
