import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from '@jest/globals'
import { refusal } from '../../../hub/domain/refusal.ts'
import type { TransferRecord } from '../../../hub/domain/transfer-record.ts'
import type { TransferState } from '../../../hub/domain/transfer.ts'
import { aHubApi, anOrder, aParty, type HubApi } from '../../support/hub-api.ts'

const open: HubApi[] = []
const hubApi: typeof aHubApi = (...args) => {
  const api = aHubApi(...args)
  open.push(api)
  return api
}

afterEach(async () => {
  await Promise.all(open.splice(0).map(({ store }) => store.close()))
})

const path = '/channel/transfer'

async function recordOf(api: HubApi, transferId: string): Promise<TransferRecord> {
  const key = { fspId: 'heron', role: 'payer', transferId } as const
  const record = await api.store.step((tx) => tx.transfers.find(key))
  if (!record) throw new Error('no such transfer')
  return record
}

describe('taking an order', () => {
  it('stores it, starts its workflow and answers its id', async () => {
    const api = hubApi()
    const answer = await api.post(path, anOrder({ note: 'rent', clientRefId: 'r-1' }))
    const transferId = answer.body.transactionId
    expect(answer).toMatchObject({ status: 200, body: { transactionId: expect.any(String) } })
    expect(await recordOf(api, transferId)).toMatchObject({
      state: 'received',
      correlationId: 'order-1',
      order: {
        payer: { type: 'MSISDN', identifier: '254710000001' },
        payee: { type: 'MSISDN', identifier: '254720000002' },
        amountType: 'SEND',
        amount: { minorUnits: 10050n, currency: 'KES' },
        transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
        note: 'rent',
        clientRefId: 'r-1',
      },
    })
    expect(await api.outbox()).toMatchObject([
      {
        line: `heron:payer:${transferId}`,
        message: {
          name: 'transfer-requested',
          correlationKey: transferId,
          messageId: transferId,
          variables: { fspId: 'heron', transferId },
          ttlMs: 3_600_000,
        },
      },
    ])
  })

  it("accepts what Payment Hub EE's clients send: nulls, empty words, members it does not use", async () => {
    const api = hubApi()
    const answer = await api.post(
      path,
      anOrder({
        clientRefId: '',
        note: null,
        payer: aParty('254710000001', { fspId: 'heron', partySubIdOrType: null }),
        payee: aParty('+254720000002', { fspId: 'elsewhere' }),
        transactionType: { scenario: 'PAYMENT', initiator: 'PAYER', initiatorType: 'BUSINESS' },
        geoCode: { latitude: '', longitude: '' },
        expiration: '',
        extensionList: { extension: [{ key: 'a', value: 'b' }] },
        customData: [{ key: 'a', value: { deep: [1] } }],
        unheardOf: true,
      }),
      { 'X-PayeeDFSP-ID': 'weaver', 'X-BatchID': '1' },
    )
    expect(answer.status).toBe(200)
    const { order } = await recordOf(api, answer.body.transactionId)
    expect(order.payee).toEqual({ type: 'MSISDN', identifier: '254720000002' })
    expect(order).not.toHaveProperty('note')
    expect(order.transactionType).toMatchObject({ scenario: 'PAYMENT', initiatorType: 'BUSINESS' })
  })

  it('keeps the amount exactly, trailing zeros or not', async () => {
    const api = hubApi()
    const amounts = ['0.01', '1.10', '1.1000000', '999999999999999999.99', '20', '20.00']
    const kept: bigint[] = []
    for (const [index, amount] of amounts.entries()) {
      const order = anOrder({ amount: { amount, currency: 'KES' } })
      const answer = await api.post(path, order, { 'X-CorrelationID': `n${index}` })
      kept.push((await recordOf(api, answer.body.transactionId)).order.amount.minorUnits)
    }
    expect(kept).toEqual([1n, 110n, 110n, 99999999999999999999n, 2000n, 2000n])
  })
})

describe('turning a request away', () => {
  const cases: readonly (readonly [string, number, string, object, Record<string, string>?])[] = [
    ['no tenant', 400, 'MandatoryValueNotSupplied', anOrder(), { 'Platform-TenantId': '' }],
    [
      'a tenant it does not serve',
      404,
      'PayerFspNotConfigured',
      anOrder(),
      { 'Platform-TenantId': 'x' },
    ],
    ['no correlation id', 400, 'MandatoryValueNotSupplied', anOrder(), { 'X-CorrelationID': '' }],
    [
      'a long correlation id',
      400,
      'FormatError',
      anOrder(),
      { 'X-CorrelationID': 'x'.repeat(101) },
    ],
    [
      'an unprintable correlation id',
      400,
      'FormatError',
      anOrder(),
      { 'X-CorrelationID': 'a\u0007' },
    ],
    [
      'another content type',
      415,
      'GenericClientError',
      anOrder(),
      { 'Content-Type': 'text/plain' },
    ],
    ['no content type', 415, 'GenericClientError', anOrder(), { 'Content-Type': '' }],
    [
      'a callback elsewhere',
      400,
      'FormatError',
      anOrder(),
      { 'X-CallbackURL': 'https://x.example/' },
    ],
    ['no payer', 400, 'MandatoryValueNotSupplied', anOrder({ payer: undefined })],
    [
      'an unknown kind of party',
      400,
      'FormatError',
      anOrder({ payer: { partyIdInfo: { partyIdType: 'SHOE', partyIdentifier: '1' } } }),
    ],
    ['an empty identifier', 400, 'FormatError', anOrder({ payer: aParty('') })],
    ['half a character', 400, 'FormatError', anOrder({ payer: aParty('\ud800') })],
    [
      "another FSP's payer",
      400,
      'FormatError',
      anOrder({ payer: aParty('254710000001', { fspId: 'ibis' }) }),
    ],
    [
      'one party on both sides',
      400,
      'SamePartiesError',
      anOrder({ payee: aParty('254710000001') }),
    ],
    [
      'one party, once with a plus',
      400,
      'SamePartiesError',
      anOrder({ payee: aParty('+254710000001') }),
    ],
    [
      'an amount of zero',
      400,
      'NegativeValue',
      anOrder({ amount: { amount: '0.00', currency: 'KES' } }),
    ],
    [
      'a negative amount',
      400,
      'NegativeValue',
      anOrder({ amount: { amount: '-5', currency: 'KES' } }),
    ],
    [
      'a number for an amount',
      400,
      'FormatError',
      anOrder({ amount: { amount: 5, currency: 'KES' } }),
    ],
    ['an exponent', 400, 'FormatError', anOrder({ amount: { amount: '1e3', currency: 'KES' } })],
    ['a leading zero', 400, 'FormatError', anOrder({ amount: { amount: '01', currency: 'KES' } })],
    [
      'an amount beyond all banks',
      400,
      'FormatError',
      anOrder({ amount: { amount: '1'.repeat(19), currency: 'KES' } }),
    ],
    ['no amount', 400, 'MandatoryValueNotSupplied', anOrder({ amount: { currency: 'KES' } })],
    [
      'an unknown currency',
      400,
      'FormatError',
      anOrder({ amount: { amount: '5', currency: 'XYZ' } }),
    ],
    [
      'cents of a shilling that has none',
      422,
      'ExtValidationError',
      anOrder({ amount: { amount: '5.5', currency: 'UGX' } }),
    ],
    [
      'a third decimal',
      422,
      'ExtValidationError',
      anOrder({ amount: { amount: '5.005', currency: 'KES' } }),
    ],
    ['an unknown amount type', 400, 'FormatError', anOrder({ amountType: 'GIVE' })],
    ['an unknown scenario', 400, 'FormatError', anOrder({ transactionType: { scenario: 'GIFT' } })],
    ['a note of many words', 400, 'FormatError', anOrder({ note: 'x'.repeat(129) })],
  ]

  it.each(cases)('%s is %i %s', async (_name, status, errorCode, body, headers = {}) => {
    const api = hubApi()
    const answer = await api.post(path, body, headers)
    expect(answer).toMatchObject({ status, body: { errorCode } })
    expect(await api.outbox()).toEqual([])
  })

  it.each([
    ['nothing', ''],
    ['half an object', '{"payer":'],
    ['text that is not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['a list', '[]'],
    ['null', 'null'],
    ['brackets without end', '['.repeat(100_000)],
  ])('%s for a body is 400', async (_name, text) => {
    const api = hubApi()
    const headers = {
      'platform-tenantid': 'heron',
      'x-correlationid': 'order-1',
      'content-type': 'application/json; charset=utf-8',
    }
    const answer = await api.send({ method: 'POST', path, headers, bytes: Buffer.from(text) })
    expect(answer.status).toBe(400)
    expect(answer.body.errors).not.toEqual([])
  })

  it('lists every fault of the headers and the body at once, and repeats no value', async () => {
    const api = hubApi()
    const body = {
      payee: aParty('254720\u0000secret'),
      amount: { amount: '-7', currency: 'secret' },
      note: 'secret'.repeat(40),
    }
    const answer = await api.post(path, body, { 'Platform-TenantId': '', 'X-CorrelationID': '' })
    expect(answer.status).toBe(400)
    expect(answer.body.errors.map((e: any) => [e.errorCode, e.errorParameters[0].key])).toEqual([
      ['MandatoryValueNotSupplied', 'Platform-TenantId'],
      ['MandatoryValueNotSupplied', 'X-CorrelationID'],
      ['MandatoryValueNotSupplied', 'payer'],
      ['FormatError', 'payee.partyIdInfo.partyIdentifier'],
      ['NegativeValue', 'amount.amount'],
      ['FormatError', 'amount.currency'],
      ['FormatError', 'note'],
    ])
    expect(JSON.stringify(answer.body)).not.toContain('secret')
  })

  it('gives every member that a PhErrorDTO has', async () => {
    const answer = await hubApi().post(path, anOrder({ payer: null }))
    expect(answer.body).toEqual({
      errorCategory: 'Validation',
      errorCode: 'MandatoryValueNotSupplied',
      errorDescription: expect.any(String),
      developerMessage: 'payer: is required',
      defaultUserMessage: expect.any(String),
      errorParameters: [{ key: 'payer', value: 'is required' }],
      errors: [expect.objectContaining({ errorCode: 'MandatoryValueNotSupplied' })],
    })
  })

  it('says so when too many decimals are not the only fault', async () => {
    const body = anOrder({
      amount: { amount: '5.5', currency: 'UGX' },
      payee: aParty('254710000001'),
    })
    const answer = await hubApi().post(path, body)
    expect(answer).toMatchObject({ status: 400, body: { errorCode: 'SamePartiesError' } })
    expect(answer.body.errors).toHaveLength(2)
  })

  it('answers 405 with what is allowed, and 404 elsewhere', async () => {
    const api = hubApi()
    expect(await api.get(path)).toMatchObject({ status: 405, headers: { allow: 'POST' } })
    expect(await api.get('/nowhere')).toMatchObject({
      status: 404,
      body: { errorCode: 'UnknownURL' },
    })
  })

  it('tells a failure of its own to the log and to nobody else', async () => {
    const api = hubApi({}, (store) => ({
      ...store,
      step: () => Promise.reject(new Error('disk full: /secret/place')),
    }))
    const answer = await api.post(path, anOrder())
    expect(answer).toMatchObject({ status: 500, body: { errorCode: 'ExtInternalServerError' } })
    expect(JSON.stringify(answer.body)).not.toContain('secret')
    expect(api.logged.filter(({ level }) => level === 'error')).toHaveLength(1)
  })
})

describe('the same X-CorrelationID again', () => {
  it('gets the first answer again, whatever the spelling of the same parameters', async () => {
    const api = hubApi()
    const first = await api.post(path, anOrder({ customData: [{ key: 'a', value: 1 }] }))
    await api.clock.advance(60_000)
    const { payer, payee } = anOrder()
    const again = await api.post(path, {
      customData: [{ value: 1, key: 'a' }],
      amountType: 'SEND',
      amount: { currency: 'KES', amount: '100.5' },
      payee,
      payer,
      unheardOf: 1,
    })
    expect(again).toEqual(first)
    expect(await api.outbox()).toHaveLength(1)
  })

  it.each([
    ['amount', anOrder({ amount: { amount: '100.51', currency: 'KES' } }), {}],
    ['payee', anOrder({ payee: aParty('254720000003') }), {}],
    ['note', anOrder({ note: 'other' }), {}],
    ['member that is kept by nobody', anOrder({ customData: [{ key: 'a', value: 1 }] }), {}],
    ['callback', anOrder(), { 'X-CallbackURL': 'https://client.example/other' }],
  ])('with another %s is 409', async (_name, body, headers) => {
    const api = hubApi()
    await api.post(path, anOrder())
    const answer = await api.post(path, body, headers)
    expect(answer).toMatchObject({ status: 409, body: { errorCode: 'TransactionExists' } })
    expect(await api.outbox()).toHaveLength(1)
  })

  it('is another request when another FSP sends it', async () => {
    const api = hubApi()
    const first = await api.post(path, anOrder())
    const other = await api.post(path, anOrder(), { 'Platform-TenantId': 'ibis' })
    expect(other.status).toBe(200)
    expect(other.body.transactionId).not.toBe(first.body.transactionId)
  })

  it('makes one transfer of fifty requests at once', async () => {
    const api = hubApi()
    const answers = await Promise.all(Array.from({ length: 50 }, () => api.post(path, anOrder())))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(answers.map(({ body }) => body.transactionId)).size).toBe(1)
    expect(await api.outbox()).toHaveLength(1)
  })

  it('loses against a writer that was quicker, and reads what that one was answered', async () => {
    let isBlind = true
    const api = hubApi({}, (store) => ({
      ...store,
      step: (work) =>
        store.step((tx) =>
          work({
            ...tx,
            idempotency: {
              ...tx.idempotency,
              // As on a database of many writers: the row is not there yet when we look, and there when we write.
              find: (scope) => (isBlind ? Promise.resolve(undefined) : tx.idempotency.find(scope)),
              insert: (scope, record) => {
                isBlind = !isBlind
                return tx.idempotency.insert(scope, record)
              },
            },
          }),
        ),
    }))
    const first = await api.post(path, anOrder())
    isBlind = true
    const second = await api.post(path, anOrder())
    expect(second).toEqual(first)
    expect(await api.outbox()).toHaveLength(1)
  })
})

describe('asking what became of a transfer', () => {
  async function inState(
    api: HubApi,
    state: TransferState,
    fields: Partial<TransferRecord> = {},
  ): Promise<string> {
    const { body } = await api.post(path, anOrder({ clientRefId: 'r-1' }))
    const record = await recordOf(api, body.transactionId)
    await api.store.step((tx) => tx.transfers.save({ ...record, state, ...fields }))
    return body.transactionId
  }

  it('tells what was asked for and the first step of its timeline', async () => {
    const api = hubApi()
    const { body } = await api.post(path, anOrder({ clientRefId: 'r-1' }))
    const answer = await api.get(`${path}/${body.transactionId}`)
    expect(answer).toMatchObject({ status: 200 })
    expect(answer.body).toEqual({
      clientRefId: 'r-1',
      transactionId: body.transactionId,
      transferId: body.transactionId,
      transferState: 'RECEIVED',
      amount: '100.5',
      currency: 'KES',
      payerFsp: 'heron',
      timeline: [
        {
          at: '2026-01-01T00:00:00.000Z',
          step: 'receive-order',
          party: 'client',
          direction: 'in',
          outcome: 'done',
          detail: 'SEND 100.5 KES',
        },
      ],
    })
  })

  it.each([
    ['received', 'RECEIVED'],
    ['quoted', 'RECEIVED'],
    ['reserved', 'RESERVED'],
    ['unknown', 'RESERVED'],
    ['release-decided', 'RESERVED'],
    ['commit-decided', 'COMMITTED'],
    ['booking-owed', 'COMMITTED'],
    ['committed', 'COMMITTED'],
    ['aborted', 'ABORTED'],
  ] as const)('answers from the stored state alone: %s is %s', async (state, transferState) => {
    const api = hubApi()
    const id = await inState(api, state)
    expect((await api.get(`${path}/${id}`)).body).toMatchObject({ transferState })
  })

  it('says why it was aborted, with the FSPIOP code and a stable word', async () => {
    const api = hubApi()
    const facts = { refusal: refusal('payer-fsp-limit', 'the cap is reached'), otherFspId: 'ibis' }
    const id = await inState(api, 'aborted', { facts, completedAt: Date.UTC(2026, 0, 2) })
    expect((await api.get(`${path}/${id}`)).body).toMatchObject({
      transferState: 'ABORTED',
      completedTimestamp: '2026-01-02T00:00:00.000Z',
      payeeFsp: 'ibis',
      reason: 'payer-fsp-limit',
      errorInformation: { errorCode: '4200', errorDescription: 'the cap is reached' },
    })
  })

  it('gives no reason while the release is not done', async () => {
    const api = hubApi()
    const id = await inState(api, 'release-decided', {
      facts: { refusal: refusal('payer-fsp-limit', 'the cap is reached') },
    })
    expect((await api.get(`${path}/${id}`)).body).not.toHaveProperty('reason')
  })

  it.each([
    ['an id that nobody has', '6f1c0d2e-0000-4000-8000-000000000001', 'heron'],
    ['what is no id', 'x', 'heron'],
    ['what is no id, encoded', '%00%2F', 'heron'],
  ])('%s is 404', async (_name, id, tenant) => {
    const answer = await hubApi().get(`${path}/${id}`, { 'Platform-TenantId': tenant })
    expect(answer.status).toBe(404)
  })

  it("another FSP's transfer is 404, its payee's included", async () => {
    const api = hubApi()
    const id = await inState(api, 'committed')
    const record = await recordOf(api, id)
    const key = { ...record.key, fspId: 'ibis', role: 'payee' } as const
    await api.store.step((tx) => tx.transfers.insert({ ...record, key, correlationId: id }))
    const asIbis = { 'Platform-TenantId': 'ibis' }
    expect(await api.get(`${path}/${id}`, asIbis)).toMatchObject({ status: 404 })
    expect(await api.get(`/channel/txnState/${id}`, asIbis)).toMatchObject({ status: 404 })
  })

  it('needs a tenant', async () => {
    const id = '6f1c0d2e-0000-4000-8000-000000000001'
    const answer = await hubApi().get(`${path}/${id}`, { 'Platform-TenantId': '' })
    expect(answer).toMatchObject({ status: 400, body: { errorCode: 'MandatoryValueNotSupplied' } })
  })

  it("finds it by the client's own id, percent-encoded or not", async () => {
    const api = hubApi()
    const { body } = await api.post(path, anOrder(), { 'X-CorrelationID': 'rent/1' })
    const answer = await api.get('/channel/txnState/rent%2F1', { requestType: 'transfers' })
    expect(answer.body).toMatchObject({ transactionId: body.transactionId, timeline: [{}] })
    expect(await api.get('/channel/txnState/rent%2F2')).toMatchObject({ status: 404 })
  })

  it('knows no transaction requests yet, and no other type', async () => {
    const api = hubApi()
    await api.post(path, anOrder())
    const ask = (requestType: string) => api.get('/channel/txnState/order-1', { requestType })
    expect(await ask('transactionRequests')).toMatchObject({ status: 404 })
    expect(await ask('everything')).toMatchObject({ status: 400 })
  })
})

describe('API keys', () => {
  const sha256 = (key: string): string => createHash('sha256').update(key).digest('hex')
  const apiKeys = [
    { name: 'heron app', sha256: sha256('kvk_heron'), tenants: ['heron'], operator: false },
    { name: 'desk', sha256: sha256('kvk_desk'), tenants: ['heron', 'ibis'], operator: true },
  ]
  const bearer = (key: string) => ({ Authorization: `Bearer ${key}` })

  it('are needed once there are any', async () => {
    const api = hubApi({ apiKeys })
    const code = { errorCode: 'ClientAuthorisationError' }
    expect(await api.post(path, anOrder())).toMatchObject({ status: 401, body: code })
    expect(await api.post(path, anOrder(), bearer('kvk_x'))).toMatchObject({ status: 401 })
    expect(await api.get(`${path}/x`)).toMatchObject({ status: 401 })
    expect(await api.get('/operations/problems')).toMatchObject({ status: 401 })
    expect(await api.get('/lab/books')).toMatchObject({ status: 401 })
    expect(await api.get('/health/ready')).toMatchObject({ status: 200 })
  })

  it('let a client in by either header, for the FSPs they name and no other', async () => {
    const api = hubApi({ apiKeys })
    expect(await api.post(path, anOrder(), bearer('kvk_heron'))).toMatchObject({ status: 200 })
    expect(await api.post(path, anOrder(), { 'X-API-Key': 'kvk_heron' })).toMatchObject({
      status: 200,
    })
    const atIbis = { ...bearer('kvk_heron'), 'Platform-TenantId': 'ibis' }
    expect(await api.post(path, anOrder(), atIbis)).toMatchObject({
      status: 403,
      body: { errorCode: 'RequestingPartyAuthorisationError' },
    })
    expect(await api.outbox()).toHaveLength(1)
  })

  it('open the operations only when they are an operator’s, and only her FSPs', async () => {
    const api = hubApi({ apiKeys })
    for (const at of ['/operations/problems', '/operations/transfers', '/lab/books']) {
      expect(await api.get(at, bearer('kvk_heron'))).toMatchObject({ status: 403 })
      expect(await api.get(at, bearer('kvk_desk'))).toMatchObject({ status: 200 })
    }
    const books = await api.get('/lab/books', { ...bearer('kvk_desk'), 'Platform-TenantId': '' })
    expect(books.body.fsps.map(({ fspId }: any) => fspId)).toEqual(['heron', 'ibis'])
  })
})
