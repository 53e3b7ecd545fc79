import { describe, expect, it } from '@jest/globals'
import { createSigner } from '../../../connectors/mojaloop/jws.ts'
import type { HttpRequest } from '../../../hub/http.ts'
import { connectorOf, keysOf } from './support.ts'

const weaver = connectorOf('weaver')
const now = Date.UTC(2026, 0, 1)
const transferId = '0a6e2a3e-8f6b-4c54-9d7c-0f6b4f3c2a11'
const quoteId = '6f1c8a52-3a52-4f6e-8a52-3a52f6e8a521'
const hash = 'A'.repeat(43)

type Telling = {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly source?: string
  readonly version?: string
  readonly headers?: Readonly<Record<string, string | undefined>>
}

const signers = new Map(
  ['heron', 'switch'].map((name) => [name, createSigner(keysOf(name).privateKeyPem)] as const),
)

/** What a peer tells weaver, signed where it has a body and the peer a key; a header of undefined is left out. */
function telling(request: Telling): HttpRequest {
  const { method, path, body, source = 'heron' } = request
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? '').replace(/^""$/, '')
  const all: Telling['headers'] = { ...headersOf(request), ...request.headers }
  const headers = Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
  const signature = text === '' ? undefined : signers.get(source)?.({ method, headers, body: text })
  return {
    method,
    path,
    headers: signature === undefined ? headers : { ...headers, 'fspiop-signature': signature },
    bytes: Buffer.from(text),
  }
}

function headersOf({ method, path, source = 'heron', version = '1.1' }: Telling) {
  const type = `application/vnd.interoperability.${path.split('/')[1] ?? ''}+json`
  return {
    ...(/^P(?:UT|ATCH)$/.test(method) ? {} : { accept: `${type};version=1` }),
    'content-type': `${type};version=${version}`,
    date: 'Thu, 01 Jan 2026 00:00:00 GMT',
    'fspiop-source': source,
    'fspiop-destination': 'weaver',
    'fspiop-uri': path,
    'fspiop-http-method': method,
  }
}

const read = (request: Telling) => weaver.read(telling(request))

const party = (fspId: string, identifier = '254710000001') => ({
  partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier: identifier, fspId },
})

const question = {
  quoteId,
  transactionId: transferId,
  payer: party('heron'),
  payee: party('weaver'),
  amountType: 'SEND',
  amount: { currency: 'KES', amount: '10.5' },
  transactionType: { scenario: 'TRANSFER', initiator: 'PAYER', initiatorType: 'CONSUMER' },
}

const prepare = {
  transferId,
  payerFsp: 'heron',
  payeeFsp: 'weaver',
  amount: { currency: 'KES', amount: '10.5' },
  ilpPacket: 'AAAA',
  condition: hash,
  expiration: '2026-01-01T00:00:30.000Z',
}

const rejected = (status: number, errorCode: string) =>
  expect.objectContaining({ kind: 'rejection', status, errorCode })

describe('what the switch tells', () => {
  it.each(['COMMITTED', 'ABORTED', 'RESERVED', 'RECEIVED'])('a PATCH of %s', (state) => {
    const told = read({
      method: 'PATCH',
      path: `/transfers/${transferId}`,
      source: 'switch',
      body: { completedTimestamp: '2026-01-01T00:00:00.000Z', transferState: state },
    })
    expect(told).toEqual({
      kind: 'transfer-told',
      source: 'switch',
      answeredAt: now,
      transferId,
      state,
    })
  })

  it.each(['COMMITTED', 'ABORTED', 'RESERVED', 'RECEIVED'])('an answer of %s', (state) => {
    const told = read({
      method: 'PUT',
      path: `/transfers/${transferId}`,
      source: 'switch',
      body: { transferState: state, fulfilment: hash },
    })
    expect(told).toMatchObject({ kind: 'transfer-told', state, fulfilment: hash })
  })

  it.each(['PUT', 'PATCH'])('an error by %s', (method) => {
    const told = read({
      method,
      path: `/transfers/${transferId}/error`,
      source: 'switch',
      version: '1.2',
      body: { errorInformation: { errorCode: '3208', errorDescription: 'x'.repeat(300) } },
    })
    expect(told).toEqual({
      kind: 'transfer-refused',
      source: 'switch',
      answeredAt: now,
      transferId,
      error: { errorCode: '3208', description: 'x'.repeat(128) },
    })
  })

  it('who owns an identifier, and that nobody does', () => {
    const path = '/participants/ALIAS/duka/till%201'
    const partyId = { type: 'ALIAS', identifier: 'duka', subId: 'till 1' }
    const owned = read({ method: 'PUT', path, source: 'switch', body: { fspId: 'weaver' } })
    expect(owned).toMatchObject({ kind: 'participant-told', partyId, fspId: 'weaver' })
    const removed = read({ method: 'PUT', path, source: 'switch', body: {} })
    expect(removed).toEqual({
      kind: 'participant-told',
      source: 'switch',
      answeredAt: now,
      partyId,
    })
    const refused = read({
      method: 'PUT',
      path: `${path}/error`,
      source: 'switch',
      body: { errorInformation: { errorCode: '3003', errorDescription: 'taken' } },
    })
    expect(refused).toMatchObject({ kind: 'participant-refused', error: { errorCode: '3003' } })
  })

  it('reads a ULID as well as a UUID', () => {
    const id = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
    const told = read({
      method: 'PUT',
      path: `/transfers/${id}`,
      source: 'switch',
      body: { transferState: 'COMMITTED' },
    })
    expect(told).toMatchObject({ transferId: id })
  })

  it('ignores members that it does not know', () => {
    const body = { ...question, supplementaryData: { a: [1] }, fees: 'whatever', geoCode: null }
    expect(read({ method: 'POST', path: '/quotes', body })).toMatchObject({ kind: 'quote-asked' })
  })

  it('takes a party without an FSP to be of the FSP that describes it', () => {
    const told = read({
      method: 'PUT',
      path: '/parties/MSISDN/254710000001',
      body: { party: { partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier: '254710000001' } } },
    })
    expect(told).toMatchObject({ kind: 'party-given', party: { fspId: 'heron' } })
  })
})

describe('a message without a right signature', () => {
  const put: Telling = {
    method: 'PUT',
    path: `/transfers/${transferId}`,
    body: { transferState: 'COMMITTED' },
  }

  it.each([
    ['POST', '/quotes'],
    ['POST', '/transfers'],
    ['PUT', `/transfers/${transferId}`],
    ['PATCH', `/transfers/${transferId}`],
    ['PUT', `/transfers/${transferId}/error`],
    ['PUT', '/parties/MSISDN/1'],
    ['PUT', '/participants/MSISDN/1'],
  ])('is never taken: %s %s', (method, path) => {
    const { 'fspiop-signature': _, ...headers } = telling({ method, path, body: {} }).headers
    const unsigned = { ...telling({ method, path, body: {} }), headers }
    expect(weaver.read(unsigned)).toEqual(rejected(400, '3105'))
  })

  it('is not taken from a peer without a key, nor for another address', () => {
    expect(read({ ...put, source: 'stranger' })).toEqual(rejected(400, '3105'))
    const moved = { ...telling(put), path: `/transfers/${quoteId}` }
    expect(weaver.read(moved)).toEqual(rejected(400, '3105'))
  })
})

describe('headers', () => {
  const get: Telling = { method: 'GET', path: '/parties/MSISDN/254720000001' }
  const accept = (value: string | undefined) => read({ ...get, headers: { accept: value } })
  const contentType = (value: string | undefined) =>
    read({ ...get, headers: { 'content-type': value } })

  it.each([
    'application/vnd.interoperability.parties+json',
    'application/vnd.interoperability.parties+json;version=1',
    'application/vnd.interoperability.parties+json; version=1.0',
    'application/vnd.interoperability.parties+json;version=1.1',
    'application/vnd.interoperability.parties+json;version=2,application/vnd.interoperability.parties+json;version=1',
  ])('accepts Accept %s', (value) => {
    expect(accept(value)).toMatchObject({ kind: 'party-asked' })
  })

  it('answers 406 to an Accept of versions that are not read, and names those that are', () => {
    expect(accept('application/vnd.interoperability.parties+json;version=2')).toEqual({
      kind: 'rejection',
      status: 406,
      errorCode: '3001',
      description: expect.any(String),
      extensions: [
        { key: '1', value: '0' },
        { key: '1', value: '1' },
      ],
    })
  })

  it.each([
    '*/*',
    'application/json',
    'application/vnd.interoperability.quotes+json;version=1',
    'application/vnd.interoperability.parties+json;version=x',
  ])('answers 3101 to Accept %s', (value) => {
    expect(accept(value)).toEqual(rejected(400, '3101'))
  })

  it('answers 3102 without Accept to a question, and wants none of an answer', () => {
    expect(accept(undefined)).toEqual(rejected(400, '3102'))
    const put = { method: 'PUT', path: `/transfers/${transferId}` }
    const told = read({ ...put, body: { transferState: 'COMMITTED' }, headers: { accept: 'what' } })
    expect(told).toMatchObject({ kind: 'transfer-told' })
  })

  it('answers 406 to a Content-Type of another version', () => {
    const value = 'application/vnd.interoperability.parties+json;version=2.0'
    expect(contentType(value)).toEqual(rejected(406, '3001'))
  })

  it.each([
    'application/json',
    'application/vnd.interoperability.parties+json',
    'application/vnd.interoperability.parties+json;version=1',
    'application/vnd.interoperability.transfers+json;version=1.1',
  ])('answers 3101 to Content-Type %s', (value) => {
    expect(contentType(value)).toEqual(rejected(400, '3101'))
  })

  it('takes a Content-Type with spaces and a charset', () => {
    const value = 'application/vnd.interoperability.parties+json; version=1.1; charset=utf-8'
    expect(contentType(value)).toMatchObject({ kind: 'party-asked' })
  })

  it.each(['content-type', 'date', 'fspiop-source'])('answers 3102 without %s', (name) => {
    expect(read({ ...get, headers: { [name]: undefined } })).toEqual(rejected(400, '3102'))
  })

  it.each(['yesterday', '2026-01-01T00:00:00.000Z', 'Thu, 99 Jan 2026 00:00:00 GMT', ''])(
    'answers 3101 to Date %j',
    (date) => {
      expect(read({ ...get, headers: { date } })).toEqual(rejected(400, '3101'))
    },
  )

  it('answers 3201 to a message for another FSP', () => {
    const headers = { 'fspiop-destination': 'ibis' }
    expect(read({ ...get, headers })).toEqual(rejected(400, '3201'))
    const unaddressed = { 'fspiop-destination': undefined }
    expect(read({ ...get, headers: unaddressed })).toMatchObject({ kind: 'party-asked' })
  })
})

describe('addresses', () => {
  it.each([
    ['GET', '/nothing', 404, '3002'],
    ['GET', '/', 404, '3002'],
    ['GET', '', 404, '3002'],
    ['PUT', '/transfers/a/b/c', 404, '3002'],
    ['PUT', '/parties/MSISDN/1/2/3/error', 404, '3002'],
    ['DELETE', '/quotes', 405, '3000'],
    ['POST', '/parties/MSISDN/1', 405, '3000'],
    ['PATCH', `/quotes/${quoteId}`, 405, '3000'],
    ['GET', '/participants/MSISDN/1', 405, '3000'],
    ['POST', '/bulkTransfers', 501, '2002'],
    ['PUT', '/authorizations/1', 501, '2002'],
    ['GET', `/transfers/${transferId}`, 501, '2002'],
    ['GET', `/quotes/${quoteId}`, 501, '2002'],
    ['PUT', `/participants/${quoteId}`, 501, '2002'],
    ['PUT', '/transfers/1', 400, '3101'],
    ['PUT', '/transfers/0A6E2A3E-8F6B-4C54-9D7C-0F6B4F3C2A11', 400, '3101'],
    ['GET', '/parties/PHONE/1', 400, '3101'],
    ['GET', '/parties/MSISDN/%E0%A4%A', 400, '3101'],
    ['GET', `/parties/MSISDN/${'1'.repeat(129)}`, 400, '3101'],
  ])('%s %s is answered %i %s', (method, path, status, code) => {
    expect(read({ method, path })).toEqual(rejected(status, code))
  })
})

describe('bodies', () => {
  const ask = (changes: object) =>
    read({ method: 'POST', path: '/quotes', body: { ...question, ...changes } })
  const prep = (changes: object) =>
    read({ method: 'POST', path: '/transfers', body: { ...prepare, ...changes } })

  it.each(['', 'x', '[', '"'])('that are not JSON are answered 3101: %j', (body) => {
    const request = telling({ method: 'POST', path: '/quotes', body: body === '' ? ' ' : body })
    expect(weaver.read(request)).toEqual(rejected(400, '3101'))
  })

  it.each(Object.keys(prepare))('without %s are answered 3102', (name) => {
    const read = prep({ [name]: undefined })
    expect(read).toEqual(rejected(400, '3102'))
    expect(read).toMatchObject({ description: `Missing mandatory element - ${name}` })
  })

  it.each(['5', '5.5', '5.55', '0', '999999999999999999'])('may have the amount %s', (amount) => {
    expect(prep({ amount: { currency: 'KES', amount } })).toMatchObject({
      kind: 'transfer-prepared',
    })
  })

  it.each(['5.0', '5.50', '5.', '00.5', '.5', '-5.5', '5.55555', '1234567890123456789', '1e2', ''])(
    'must not have the amount %j',
    (amount) => {
      expect(prep({ amount: { currency: 'KES', amount } })).toEqual(rejected(400, '3101'))
    },
  )

  it.each([
    ['UGX', '10.5'],
    ['KES', '1.005'],
    ['ZZZ', '1'],
    ['kes', '1'],
  ])('must not have an amount that the currency cannot hold: %s %s', (currency, amount) => {
    expect(ask({ amount: { currency, amount } })).toEqual(rejected(400, '3101'))
  })

  it('must not have an amount that is a number', () => {
    expect(ask({ amount: { currency: 'KES', amount: 10.5 } })).toEqual(rejected(400, '3101'))
  })

  it.each([
    { condition: 'A'.repeat(42) },
    { condition: '='.repeat(43) },
    { ilpPacket: 'A'.repeat(32_769) },
    { ilpPacket: 'a+b' },
    { expiration: '2026-01-01T00:00:30Z' },
    { expiration: '2026-13-41T00:00:30.000Z' },
    { transferId: '1' },
    { payeeFsp: 'x'.repeat(33) },
  ])('must have the form of the data model: %j', (changes) => {
    expect(prep(changes)).toEqual(rejected(400, '3101'))
  })

  it('read a time with an offset', () => {
    const told = prep({ expiration: '2026-01-01T03:00:30.000+03:00' })
    expect(told).toMatchObject({ prepare: { expiresAt: now + 30_000 } })
  })

  it('are refused from whom they do not concern', () => {
    expect(prep({ payerFsp: 'ibis' })).toEqual(rejected(400, '3100'))
    expect(prep({ payeeFsp: 'ibis' })).toEqual(rejected(400, '3100'))
    expect(ask({ payer: party('ibis') })).toEqual(rejected(400, '3100'))
    expect(ask({ payee: party('ibis') })).toEqual(rejected(400, '3100'))
  })

  it('never appear in a rejection', () => {
    const told = ask({ payee: { partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier: 254700 } } })
    expect(told).toMatchObject({
      errorCode: '3101',
      description: 'Malformed syntax - payee.partyIdInfo.partyIdentifier',
    })
  })

  it('of more than 5 MiB are answered 3104', () => {
    const request = telling({ method: 'POST', path: '/quotes', body: question })
    expect(weaver.read({ ...request, bytes: new Uint8Array(5_242_881) })).toEqual(
      rejected(400, '3104'),
    )
  })
})
