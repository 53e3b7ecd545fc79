import { describe, expect, it } from '@jest/globals'
import { aBank, aTransfer, codeOf, type Answer, type BankUnderTest } from './a-bank.ts'

const dated = { transactionDate: '2026-01-01', locale: 'en', dateFormat: 'yyyy-MM-dd' }
const blocked = 'error.msg.saving.account.blocked.transaction.not.allowed'
const insufficient = 'error.msg.savingsaccount.transaction.insufficient.account.balance'

function transfer(bank: BankUnderTest, action: string): Promise<Answer> {
  return bank.api('POST', `/interoperation/transfers?action=${action}`, aTransfer())
}

function command(bank: BankUnderTest, path: string, body: object = {}): Promise<Answer> {
  return bank.api('POST', `/savingsaccounts/${path}`, body)
}

async function statement(bank: BankUnderTest, id = '1'): Promise<unknown> {
  return (await bank.api('GET', `/savingsaccounts/${id}?associations=transactions`)).body
}

describe('a savings account', () => {
  it('shows its transactions only when asked', async () => {
    const bank = aBank()
    const { body } = await bank.api('GET', '/savingsaccounts/1')
    expect(body).toMatchObject({
      id: '1',
      externalId: 'ibis-1-KES',
      clientId: '1',
      status: { active: true },
      subStatus: { block: false },
      currency: { code: 'KES', decimalPlaces: '2' },
      summary: { accountBalance: '10000.00', availableBalance: '10000.00' },
    })
    expect(body).not.toHaveProperty('transactions')
  })

  it('goes by its external id as well, and 404 by any other', async () => {
    const bank = aBank()
    const { body } = await bank.api('GET', '/savingsaccounts/external-id/ibis-1-UGX')
    expect(body).toMatchObject({ id: '2', summary: { accountBalance: '500000' } })
    for (const id of ['99', 'x', 'external-id/none']) {
      expect((await bank.api('GET', `/savingsaccounts/${id}`)).status).toBe(404)
    }
  })

  it('lists hold, release, withdrawal and fee of a transfer, newest first, by its code', async () => {
    const bank = aBank()
    await transfer(bank, 'PREPARE')
    await transfer(bank, 'CREATE')
    const paymentDetailData = { receiptNumber: 'tr-1', routingCode: 'INTEROPERATION' }
    expect(await statement(bank)).toMatchObject({
      transactions: [
        {
          transactionType: { id: '4', feeDeduction: true },
          amount: '3.40',
          runningBalance: '9896.60',
        },
        {
          transactionType: {
            id: '2',
            code: 'savingsAccountTransactionType.withdrawal',
            withdrawal: true,
          },
          paymentDetailData,
          amount: '100.00',
          runningBalance: '9900.00',
          reversed: false,
          date: ['2026', '1', '1'],
        },
        { transactionType: { id: '21', amountRelease: true }, paymentDetailData, amount: '103.40' },
        {
          transactionType: { id: '20', amountHold: true, withdrawal: false },
          paymentDetailData,
          amount: '103.40',
          runningBalance: '9896.60',
          releaseTransactionId: '2',
        },
      ],
    })
  })

  it('writes amounts as JSON numbers', async () => {
    const bank = aBank()
    await transfer(bank, 'PREPARE')
    const { text } = await bank.api('GET', '/savingsaccounts/1?associations=transactions')
    expect(text).toContain('"amount":103.40,')
    expect(text).toContain('"accountBalance":10000.00')
    expect(text).toContain('"date":[2026,1,1]')
  })
})

describe('the teller', () => {
  it('pays in and out, against cash', async () => {
    const bank = aBank()
    const path = 'external-id/ibis-8-KES'
    const pay = (name: string, transactionAmount: number): Promise<Answer> =>
      command(bank, `${path}/transactions?command=${name}`, { ...dated, transactionAmount })
    expect((await pay('deposit', 25.5)).body).toMatchObject({ resourceId: '1', clientId: '8' })
    expect((await pay('withdrawal', 5)).status).toBe(200)
    const { body } = await bank.api('GET', `/savingsaccounts/${path}`)
    expect(body).toMatchObject({ summary: { accountBalance: '20.50' } })
    expect(bank.books().currencies['KES']).toMatchObject({ cash: '70020.50', total: '0.00' })
  })

  it('undoes a withdrawal once, and gives the money back', async () => {
    const bank = aBank()
    const body = { ...dated, transactionAmount: '40.00', note: 'rent' }
    await command(bank, '1/transactions?command=withdrawal', body)
    expect((await command(bank, '1/transactions/1?command=undo')).status).toBe(200)
    expect(await statement(bank)).toMatchObject({
      summary: { accountBalance: '10000.00' },
      transactions: [{ id: '1', reversed: true }],
    })
    expect((await command(bank, '1/transactions/1?command=undo')).status).toBe(403)
    expect(bank.books().currencies['KES']?.total).toBe('0.00')
  })

  it('marks the booking of a transfer that was undone, and still knows its code', async () => {
    const bank = aBank()
    await transfer(bank, 'PREPARE')
    await transfer(bank, 'CREATE')
    await command(bank, '1/transactions/3?command=undo')
    expect(bank.books().transfers).toMatchObject([{ state: 'COMMITTED', reversed: true }])
    expect(bank.books().currencies['KES']).toMatchObject({ settlement: '0.00', total: '0.00' })
    expect((await transfer(bank, 'CREATE')).status).toBe(403)
  })

  it('does not undo a deposit that is spent', async () => {
    const bank = aBank()
    const path = 'external-id/ibis-8-KES/transactions'
    await command(bank, `${path}?command=deposit`, { ...dated, transactionAmount: 10 })
    await command(bank, `${path}?command=withdrawal`, { ...dated, transactionAmount: 4 })
    expect(codeOf(await command(bank, `${path}/1?command=undo`))).toBe(insufficient)
  })

  it('holds and releases by hand', async () => {
    const bank = aBank()
    const hold = { ...dated, transactionAmount: '9000', reasonForBlock: 'court order' }
    await command(bank, '1/transactions?command=holdAmount', hold)
    const more = await command(bank, '1/transactions?command=withdrawal', {
      ...dated,
      transactionAmount: '1000.01',
    })
    expect([more.status, codeOf(more)]).toEqual([403, insufficient])
    expect((await command(bank, '1/transactions/1?command=releaseAmount')).status).toBe(200)
    expect((await command(bank, '1/transactions/1?command=releaseAmount')).status).toBe(403)
    expect(await statement(bank)).toMatchObject({ summary: { availableBalance: '10000.00' } })
  })

  it('lets go of the hold of a transfer too, which then debits all the same', async () => {
    const bank = aBank()
    await transfer(bank, 'PREPARE')
    await command(bank, '1/transactions/1?command=releaseAmount')
    expect(bank.books().transfers).toMatchObject([{ state: 'RELEASED' }])
    expect((await transfer(bank, 'CREATE')).status).toBe(200)
  })

  it.each([
    ['deposit', blocked],
    ['withdrawal', blocked],
    ['holdAmount', blocked],
  ])('refuses a %s on a frozen account', async (name, code) => {
    const path = `external-id/ibis-7-KES/transactions?command=${name}`
    const answer = await command(aBank(), path, { ...dated, transactionAmount: 1 })
    expect([answer.status, codeOf(answer)]).toEqual([403, code])
  })

  it.each([
    [{ ...dated, locale: undefined }, 'locale.cannot.be.blank'],
    [{ ...dated, dateFormat: undefined }, 'dateFormat.cannot.be.blank'],
    [{ ...dated, transactionDate: '2026-02-30' }, 'transactionDate.is.not.a.date'],
    [{ ...dated, transactionAmount: '1.001' }, 'transactionAmount.not.greater.than.zero'],
    [{ ...dated, externalId: 'x' }, 'error.msg.parameter.unsupported'],
  ])('refuses the body %j', async (changes, problem) => {
    const body = { transactionAmount: 1, ...changes }
    const answer = await command(aBank(), '1/transactions?command=deposit', body)
    expect(answer.status).toBe(400)
    expect(answer.text).toContain(problem)
  })

  it('reads the date formats that clients use', async () => {
    const bank = aBank()
    const path = '1/transactions?command=deposit'
    for (const [dateFormat, transactionDate] of [
      ['dd MMMM yyyy', '1 January 2026'],
      ['dd/MM/yyyy', '01/01/2026'],
    ]) {
      const body = { transactionAmount: 1, locale: 'en', dateFormat, transactionDate }
      expect((await command(bank, path, body)).status).toBe(200)
    }
  })

  it('knows no other command', async () => {
    expect((await command(aBank(), '1/transactions?command=steal', dated)).status).toBe(400)
    expect((await command(aBank(), '1/transactions/1?command=steal')).status).toBe(400)
  })
})
