import { describe, expect, it } from '@jest/globals'
import { aBank, aTransfer, codeOf, credentials, type Answer, type BankUnderTest } from './a-bank.ts'

const alreadyOnHold = 'error.msg.interop.transfer.already.on.hold'
const alreadyCommitted = 'error.msg.interop.transfer.already.committed'
const missing = 'error.msg.interop.onhold.transfer.missing'
const insufficient = 'error.msg.savingsaccount.transaction.insufficient.account.balance'
const notAllowed = 'error.msg.interop.transaction.not.allowed'

function transfer(bank: BankUnderTest, action: string, changes = {}): Promise<Answer> {
  return bank.api('POST', `/interoperation/transfers?action=${action}`, aTransfer(changes))
}

async function balances(bank: BankUnderTest, accountId = 'ibis-1-KES'): Promise<unknown> {
  const { body } = await bank.api('GET', `/interoperation/accounts/${accountId}`)
  return body
}

const payee = { transactionRole: 'PAYEE', fspFee: undefined }

describe('who may ask', () => {
  it('answers 401 to an unknown tenant, before it looks at the password', async () => {
    const bank = aBank()
    const path = '/fineract-provider/api/v1/interoperation/health'
    const answer = await bank.ask('GET', path, undefined, { 'fineract-platform-tenantid': 'x' })
    expect([answer.status, codeOf(answer)]).toEqual([401, 'error.msg.invalid.tenant.identifier'])
  })

  it('answers 401 to a wrong password', async () => {
    const bank = aBank()
    const headers = { authorization: 'Basic d3Jvbmc6d3Jvbmc=' }
    const answer = await bank.api('GET', '/interoperation/health', undefined, headers)
    expect([answer.status, codeOf(answer)]).toEqual([401, 'error.msg.not.authenticated'])
    expect(answer.headers['www-authenticate']).toContain('Basic')
  })

  it('takes the tenant from the query too, and answers OK in plain text', async () => {
    const bank = aBank()
    const path = '/fineract-provider/api/v1/interoperation/health?tenantIdentifier=ibis'
    const { authorization } = credentials
    const answer = await bank.ask('GET', path, undefined, { authorization })
    expect([answer.status, answer.text]).toEqual([200, 'OK'])
  })
})

describe('parties', () => {
  it('leads from an MSISDN to the external id of the primary account', async () => {
    const { status, body } = await aBank().api('GET', '/interoperation/parties/MSISDN/254730000001')
    expect(status).toBe(200)
    expect(body).toMatchObject({ accountId: 'ibis-1-KES' })
  })

  it.each(['MSISDN/254730000009', 'ALIAS/254730000001', 'MSISDN/254730000001/x', 'NAME/x'])(
    'answers 404 for %s',
    async (path) => {
      const answer = await aBank().api('GET', `/interoperation/parties/${path}`)
      expect([answer.status, codeOf(answer)]).toEqual([404, 'error.msg.interop.account.not.found'])
    },
  )

  it('registers another identifier, finds it, and removes it', async () => {
    const bank = aBank()
    const path = '/interoperation/parties/ALIAS/nakato%2Fshop'
    const registered = await bank.api('POST', path, { accountId: 'ibis-1-KES' })
    expect(registered.status).toBe(200)
    expect((await bank.api('GET', path)).body).toEqual(registered.body)
    expect((await bank.api('DELETE', path)).body).toEqual(registered.body)
    expect((await bank.api('GET', path)).status).toBe(404)
  })

  it('refuses a second identifier of one type on an account', async () => {
    const bank = aBank()
    const path = '/interoperation/parties/MSISDN/254999'
    const answer = await bank.api('POST', path, { accountId: 'ibis-1-KES' })
    const code = 'error.msg.interop.duplicate.account.identifier'
    expect(answer.status).toBe(403)
    expect(answer.body).toMatchObject({ userMessageGlobalisationCode: code })
  })

  it('refuses an identifier that leads elsewhere already, with a code that says nothing', async () => {
    const bank = aBank()
    const path = '/interoperation/parties/ALIAS/shop'
    await bank.api('POST', path, { accountId: 'ibis-1-KES' })
    const answer = await bank.api('POST', path, { accountId: 'ibis-2-KES' })
    expect(codeOf(answer)).toBe('error.msg.interop.unknown.data.integrity.issue')
  })

  it('leads from the account to its client, and on to her account in the other currency', async () => {
    const bank = aBank()
    expect(await balances(bank)).toMatchObject({
      clientId: '1',
      accountId: 'ibis-1-KES',
      currency: 'KES',
      accountBalance: '10000.00',
      availableBalance: '10000.00',
      status: 'ACTIVE',
      subStatus: 'NONE',
      activatedOn: ['2026', '1', '1'],
      identifiers: [{ idType: 'MSISDN', idValue: '254730000001' }],
    })
    const { body } = await bank.api('GET', '/clients/1/accounts')
    expect(body).toMatchObject({
      savingsAccounts: [
        { externalId: 'ibis-1-KES', currency: { code: 'KES' } },
        { externalId: 'ibis-1-UGX', currency: { code: 'UGX' }, accountBalance: '500000' },
      ],
    })
  })

  it('says that a frozen account is blocked', async () => {
    expect(await balances(aBank(), 'ibis-7-KES')).toMatchObject({ subStatus: 'BLOCK' })
  })

  it('answers 404 for an account that is not there', async () => {
    const answer = await aBank().api('GET', '/interoperation/accounts/ibis-9-KES')
    expect([answer.status, codeOf(answer)]).toEqual([404, 'error.msg.saving.account.id.invalid'])
  })

  it('knows its customer', async () => {
    const { body } = await aBank().api('GET', '/interoperation/accounts/ibis-1-KES/kyc')
    expect(body).toMatchObject({ firstName: 'Nakato', contactPhone: '254730000001' })
  })
})

describe('quotes', () => {
  const aQuote = (changes = {}): Record<string, unknown> => ({
    transactionCode: 'tx-1',
    quoteCode: 'q-1',
    accountId: 'ibis-1-KES',
    amount: { amount: '100.00', currency: 'KES' },
    amountType: 'SEND',
    transactionRole: 'PAYER',
    transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
    ...changes,
  })

  it('charge a payer what the price list says', async () => {
    const { status, body, text } = await aBank().api('POST', '/interoperation/quotes', aQuote())
    expect(status).toBe(200)
    expect(body).toMatchObject({
      transactionCode: 'tx-1',
      quoteCode: 'q-1',
      state: 'ACCEPTED',
      fspFee: { amount: '3.40', currency: 'KES' },
      fspCommission: null,
    })
    expect(text).toContain('"amount":3.40')
  })

  it('charge a payee nothing', async () => {
    const quote = aQuote({ transactionRole: 'PAYEE', accountId: 'ibis-8-KES' })
    const { body } = await aBank().api('POST', '/interoperation/quotes', quote)
    expect(body).toMatchObject({ fspFee: { amount: '0.00' } })
  })

  it('refuse a payer whose balance does not allow amount and fee, and say so in the code', async () => {
    const amount = { amount: '9960.00', currency: 'KES' }
    const answer = await aBank().api('POST', '/interoperation/quotes', aQuote({ amount }))
    expect([answer.status, codeOf(answer)]).toEqual([403, `${insufficient}.withdraw`])
  })

  it.each([
    ['frozen', { accountId: 'ibis-7-KES' }, 403, notAllowed],
    ['unknown', { accountId: 'nobody' }, 404, 'error.msg.saving.account.id.invalid'],
    [
      'in another currency',
      { accountId: 'ibis-1-UGX' },
      403,
      'error.msg.accounttransfer.different.currencies',
    ],
  ])('refuse an account that is %s', async (_, changes, status, code) => {
    const answer = await aBank().api('POST', '/interoperation/quotes', aQuote(changes))
    expect([answer.status, codeOf(answer)]).toEqual([status, code])
  })

  it('insist on amountType and transactionType', async () => {
    const quote = aQuote({ amountType: undefined, transactionType: { scenario: 'TRANSFER' } })
    const answer = await aBank().api('POST', '/interoperation/quotes', quote)
    expect(answer.status).toBe(400)
    expect(answer.text).toContain('interoperation.quote.amountType')
    expect(answer.text).toContain('interoperation.quote.initiatorType.cannot.be.blank')
  })
})

describe('PREPARE', () => {
  it('holds amount and fee, and takes numbers as well as strings without losing a digit', async () => {
    const bank = aBank()
    const body = JSON.stringify(aTransfer()).replace('"100.00"', '4503599627.10')
    const refused = await bank.api('POST', '/interoperation/transfers?action=PREPARE', body)
    expect(codeOf(refused)).toBe(insufficient)
    const text = JSON.stringify(aTransfer()).replace('"100.00"', '10.10').replace('"3.40"', '3.04')
    const { status, body: done } = await bank.api(
      'POST',
      '/interoperation/transfers?action=PREPARE',
      text,
    )
    expect(status).toBe(200)
    expect(done).toEqual({
      transactionCode: 'tx-1',
      transferCode: 'tr-1',
      state: 'ACCEPTED',
      completedTimestamp: '2026-01-01T00:00:00+0000',
    })
    expect(await balances(bank)).toMatchObject({
      accountBalance: '10000.00',
      availableBalance: '9986.86',
    })
  })

  it('takes the commission off the hold', async () => {
    const bank = aBank()
    await transfer(bank, 'PREPARE', { fspCommission: { amount: '1.00', currency: 'KES' } })
    expect(await balances(bank)).toMatchObject({ availableBalance: '9897.60' })
  })

  it('refuses a code that is on hold, with the code for "already committed"', async () => {
    const bank = aBank()
    await transfer(bank, 'PREPARE')
    const again = await transfer(bank, 'PREPARE')
    expect([again.status, codeOf(again)]).toEqual([403, alreadyCommitted])
    expect(await balances(bank)).toMatchObject({ availableBalance: '9896.60' })
  })

  it('refuses a code that was held before, also after its release and after its commit', async () => {
    const bank = aBank()
    await transfer(bank, 'PREPARE')
    await transfer(bank, 'RELEASE')
    expect(codeOf(await transfer(bank, 'PREPARE'))).toBe(alreadyCommitted)
    await transfer(bank, 'PREPARE', { transferCode: 'tr-2' })
    await transfer(bank, 'CREATE', { transferCode: 'tr-2' })
    expect(codeOf(await transfer(bank, 'PREPARE', { transferCode: 'tr-2' }))).toBe(alreadyCommitted)
  })

  it('looks at the balance first, so that a repeat may hear of missing funds instead', async () => {
    const bank = aBank()
    const amount = { amount: '6000.00', currency: 'KES' }
    expect((await transfer(bank, 'PREPARE', { amount })).status).toBe(200)
    expect(codeOf(await transfer(bank, 'PREPARE', { amount }))).toBe(insufficient)
  })

  it('does nothing for a payee, not even look whether the account is there', async () => {
    const bank = aBank()
    const before = bank.books()
    const answer = await transfer(bank, 'PREPARE', { ...payee, accountId: 'nobody' })
    expect(answer.status).toBe(200)
    expect(bank.books()).toEqual(before)
  })

  it('refuses a frozen payer', async () => {
    const answer = await transfer(aBank(), 'PREPARE', { accountId: 'ibis-7-KES' })
    expect([answer.status, codeOf(answer)]).toEqual([403, notAllowed])
  })
})

describe('CREATE of a payer', () => {
  it('ends the hold and takes amount and fee', async () => {
    const bank = aBank()
    await transfer(bank, 'PREPARE')
    expect((await transfer(bank, 'CREATE')).status).toBe(200)
    expect(await balances(bank)).toMatchObject({
      accountBalance: '9896.60',
      availableBalance: '9896.60',
    })
    expect(bank.books().currencies['KES']).toMatchObject({
      fees: '-3.40',
      settlement: '-100.00',
      total: '0.00',
    })
  })

  it('refuses a code that is booked, with the code for "already on hold"', async () => {
    const bank = aBank()
    await transfer(bank, 'PREPARE')
    await transfer(bank, 'CREATE')
    const again = await transfer(bank, 'CREATE')
    expect([again.status, codeOf(again)]).toEqual([403, alreadyOnHold])
    expect(await balances(bank)).toMatchObject({ accountBalance: '9896.60' })
  })

  it('finds no hold where there is none, or one of another total', async () => {
    const bank = aBank()
    const none = await transfer(bank, 'CREATE')
    expect([none.status, codeOf(none)]).toEqual([404, missing])
    await transfer(bank, 'PREPARE')
    const fspFee = { amount: '3.41', currency: 'KES' }
    expect(codeOf(await transfer(bank, 'CREATE', { fspFee }))).toBe(missing)
    expect(await balances(bank)).toMatchObject({ availableBalance: '9896.60' })
  })

  it('debits after a release, which a client must never let happen', async () => {
    const bank = aBank()
    await transfer(bank, 'PREPARE')
    await transfer(bank, 'RELEASE')
    expect((await transfer(bank, 'CREATE')).status).toBe(200)
    expect(await balances(bank)).toMatchObject({ accountBalance: '9896.60' })
    expect(bank.books().transfers).toMatchObject([
      { state: 'COMMITTED', debitedAfterRelease: true },
    ])
  })

  it('never takes a customer below zero, a release before it included', async () => {
    const bank = aBank()
    const large = { amount: { amount: '9000.00', currency: 'KES' } }
    await transfer(bank, 'PREPARE', large)
    await transfer(bank, 'RELEASE', large)
    await transfer(bank, 'PREPARE', { ...large, transferCode: 'tr-2' })
    await transfer(bank, 'CREATE', { ...large, transferCode: 'tr-2' })
    expect(codeOf(await transfer(bank, 'CREATE', large))).toBe(insufficient)
  })

  it('charges its own fee, whatever the client reserved for it', async () => {
    const bank = aBank()
    await transfer(bank, 'PREPARE', { fspFee: undefined })
    await transfer(bank, 'CREATE', { fspFee: undefined })
    expect(await balances(bank)).toMatchObject({ accountBalance: '9896.60' })
  })
})

describe('CREATE of a payee', () => {
  it('deposits without a PREPARE, once', async () => {
    const bank = aBank()
    const credit = { ...payee, accountId: 'ibis-8-KES' }
    expect((await transfer(bank, 'CREATE', credit)).status).toBe(200)
    expect(await balances(bank, 'ibis-8-KES')).toMatchObject({ accountBalance: '100.00' })
    expect(bank.books().currencies['KES']).toMatchObject({ settlement: '100.00', total: '0.00' })
    expect(codeOf(await transfer(bank, 'CREATE', credit))).toBe(alreadyOnHold)
  })

  it('refuses a frozen payee', async () => {
    const answer = await transfer(aBank(), 'CREATE', { ...payee, accountId: 'ibis-7-KES' })
    expect([answer.status, codeOf(answer)]).toEqual([403, notAllowed])
  })
})

describe('RELEASE', () => {
  it('gives the hold back, once, whatever role is said', async () => {
    const bank = aBank()
    await transfer(bank, 'PREPARE')
    expect((await transfer(bank, 'RELEASE', { transactionRole: 'PAYEE' })).status).toBe(200)
    expect(await balances(bank)).toMatchObject({ availableBalance: '10000.00' })
    const again = await transfer(bank, 'RELEASE')
    expect([again.status, codeOf(again)]).toEqual([404, missing])
  })

  it('finds nothing to release after a commit, or where nothing was held', async () => {
    const bank = aBank()
    expect(codeOf(await transfer(bank, 'RELEASE'))).toBe(missing)
    await transfer(bank, 'PREPARE')
    await transfer(bank, 'CREATE')
    expect(codeOf(await transfer(bank, 'RELEASE'))).toBe(missing)
  })
})

describe('the body of a transfer', () => {
  it.each(['requestCode', 'geoCode', 'expirationLocalDate', 'surprise'])(
    'may not have %s',
    async (key) => {
      const answer = await transfer(aBank(), 'PREPARE', { [key]: 'x' })
      expect([answer.status, codeOf(answer)]).toEqual([400, 'error.msg.parameter.unsupported'])
    },
  )

  it.each([
    [{ transferCode: '' }, 'transferCode.cannot.be.blank'],
    [{ amount: { amount: '0', currency: 'KES' } }, 'amount.not.greater.than.zero'],
    [{ amount: { amount: '-1', currency: 'KES' } }, 'amount.is.not.an.amount'],
    [{ amount: { amount: '1.001', currency: 'KES' } }, 'amount.is.not.an.amount'],
    [{ amount: { amount: '1', currency: 'XXX' } }, 'amount.is.not.an.amount'],
    [{ transactionRole: 'BOTH' }, 'transactionRole.is.not.one.of.expected.enumerations'],
  ])('is refused with %j', async (changes, problem) => {
    const answer = await transfer(aBank(), 'PREPARE', changes)
    expect(answer.status).toBe(400)
    expect(answer.text).toContain(problem)
    expect(answer.body).toMatchObject({
      userMessageGlobalisationCode: 'validation.msg.validation.errors.exist',
      httpStatusCode: '400',
    })
  })

  it('must be JSON, and the action one of three', async () => {
    const bank = aBank()
    const path = '/interoperation/transfers?action='
    expect((await bank.api('POST', `${path}PREPARE`, '{')).status).toBe(400)
    expect((await bank.api('POST', `${path}STEAL`, aTransfer())).status).toBe(400)
  })
})

describe('reading back', () => {
  it('knows nothing of a transfer or a quote, and calls every request rejected', async () => {
    const bank = aBank()
    await transfer(bank, 'PREPARE')
    const of = (kind: string): Promise<Answer> =>
      bank.api('GET', `/interoperation/transactions/tx-1/${kind}/tr-1`)
    expect([(await of('transfers')).text, (await of('quotes')).text]).toEqual(['null', 'null'])
    expect((await of('requests')).body).toEqual({
      transactionCode: 'tx-1',
      requestCode: 'tr-1',
      state: 'REJECTED',
    })
  })

  it('accepts a transaction request and keeps none', async () => {
    const transactionType = { scenario: 'TRANSFER', initiator: 'PAYEE', initiatorType: 'BUSINESS' }
    const { amount, accountId } = aTransfer()
    const request = { transactionCode: 'tx-1', requestCode: 'r-1', amount, accountId }
    const { status, body } = await aBank().api('POST', '/interoperation/requests', {
      ...request,
      transactionType,
    })
    expect([status, body]).toEqual([
      200,
      { transactionCode: 'tx-1', requestCode: 'r-1', state: 'ACCEPTED' },
    ])
  })

  it('filters the interop statement by side and day, and shows no transfer code', async () => {
    const bank = aBank()
    await transfer(bank, 'PREPARE')
    await bank.clock.advance(86_400_000)
    await transfer(bank, 'CREATE', { note: 'for maize' })
    const path = '/interoperation/accounts/ibis-1-KES/transactions'
    const { body, text } = await bank.api(
      'GET',
      `${path}?credit=false&fromBookingDateTime=2026-01-02T00:00:00`,
    )
    expect(body).toMatchObject({
      transactions: [
        { transactionType: 'WITHDRAWAL_FEE', amount: '3.40' },
        { transactionType: 'WITHDRAWAL', amount: '100.00', note: 'for maize' },
      ],
    })
    expect(text).not.toContain('tr-1')
  })
})
