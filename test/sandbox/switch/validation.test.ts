import { createSign } from 'node:crypto'
import { beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Jws } from '@mojaloop/sdk-standard-components'
import {
  aFulfil,
  anId,
  aPrepare,
  aWorld,
  errorOf,
  pemOf,
  reserve,
  signatureOf,
  type SendOptions,
  type World,
} from './support.ts'

let world: World
beforeEach(async () => {
  world = await aWorld()
})

const type = 'application/vnd.interoperability.parties+json'

async function get(options: SendOptions): Promise<readonly [number, string | undefined]> {
  const answer = await world.heron.send('GET', '/parties/MSISDN/1', options)
  return [answer.status, errorOf(answer)]
}

describe('headers', () => {
  it.each<[string, SendOptions, number, string]>([
    ['no Accept', { without: ['accept'] }, 400, '3102'],
    ['no Date', { without: ['date'] }, 400, '3102'],
    ['no Content-Type', { without: ['content-type'] }, 400, '3102'],
    ['no FSPIOP-Source', { without: ['fspiop-source'] }, 400, '3102'],
    ['a malformed Accept', { headers: { accept: 'text/html' } }, 400, '3101'],
    [
      'another resource in Accept',
      { headers: { accept: type.replace('parties', 'quotes') } },
      400,
      '3101',
    ],
    ['a malformed Date', { headers: { date: '2026-01-01' } }, 400, '3101'],
    ['a Content-Type without version', { headers: { 'content-type': type } }, 400, '3101'],
    ['an unknown version in Accept', { headers: { accept: `${type};version=3` } }, 406, '3001'],
    [
      'an unknown version in Content-Type',
      { headers: { 'content-type': `${type};version=1.9` } },
      406,
      '3001',
    ],
    ['a malformed Content-Length', { headers: { 'content-length': 'many' } }, 400, '3101'],
    ['an unknown sender', { headers: { 'fspiop-source': 'nobody' } }, 400, '3200'],
  ])('with %s are refused', async (_, options, status, code) => {
    expect(await get(options)).toEqual([status, code])
  })

  it.each([
    `${type};version=1`,
    `${type};version=1.1`,
    type,
    `${type};version=3,${type};version=1.0`,
  ])('accept %s', async (accept) => {
    expect(await get({ headers: { accept } })).toEqual([202, undefined])
  })

  it('tell the versions that would do', async () => {
    const answer = await world.heron.send('GET', '/parties/MSISDN/1', {
      headers: { accept: `${type};version=2` },
    })
    const { extensionList } = JSON.parse(Buffer.from(answer.bytes).toString()).errorInformation
    expect(extensionList.extension).toEqual([
      { key: '1', value: '0' },
      { key: '1', value: '1' },
    ])
  })

  it('are looked at in the order accept, date, content-type', async () => {
    const without = ['accept', 'date', 'content-type']
    expect((await get({ without })).at(1)).toBe('3102')
    const answer = await world.heron.send('GET', '/parties/MSISDN/1', {
      headers: { accept: 'x', 'content-type': 'x' },
      without: ['date'],
    })
    expect(Buffer.from(answer.bytes).toString()).toContain('Accept')
  })

  it('without Accept are fine on PUT', async () => {
    await reserve(world)
    const answer = await world.weaver.send('PUT', `/transfers/${anId(1)}`, {
      to: 'heron',
      body: aFulfil(world, 'RESERVED'),
      without: ['accept'],
    })
    expect(answer.status).toBe(200)
  })
})

describe('paths', () => {
  it.each([
    ['GET', '/nowhere', 404, '3002'],
    ['PATCH', '/transfers/1', 405, '3000'],
    ['PUT', '/participants/MSISDN/1', 405, '3000'],
    ['POST', '/bulkTransfers', 501, '2002'],
    ['GET', '/transfers/no-id', 400, '3101'],
    ['GET', '/parties/TELEX/1', 400, '3101'],
    ['GET', `/parties/MSISDN/${'1'.repeat(129)}`, 400, '3101'],
  ])('%s %s is %s/%s', async (method, path, status, code) => {
    const answer = await world.heron.send(method, path)
    expect([answer.status, errorOf(answer)]).toEqual([status, code])
  })
})

describe('bodies', () => {
  async function post(changes: Record<string, unknown>): Promise<unknown> {
    const body = aPrepare(world, changes)
    const answer = await world.heron.send('POST', '/transfers', { to: 'weaver', body })
    await world.settle()
    return answer.status === 202 ? 'taken' : [answer.status, errorOf(answer)]
  }

  it.each(['5', '5.5', '5.5555', '0', '999999999999999999'])(
    'take the amount %s',
    async (amount) => {
      expect(await post({ amount: { amount, currency: 'KES' } })).toBe('taken')
    },
  )

  it.each(['5.0', '5.50', '5.', '00.5', '.5', '-5.5', '5.55555', '1'.repeat(19), 5])(
    'refuse the amount %s',
    async (amount) => {
      expect(await post({ amount: { amount, currency: 'KES' } })).toEqual([400, '3101'])
    },
  )

  it.each<[string, Record<string, unknown>, string]>([
    ['a missing condition', { condition: undefined }, '3102'],
    ['a short condition', { condition: 'abc' }, '3101'],
    ['a whole second', { expiration: '2026-01-01T10:00:00Z' }, '3101'],
    ['a 30th of February', { expiration: '2026-02-30T10:00:00.000Z' }, '3101'],
    ['an unknown currency', { amount: { amount: '1', currency: 'KSH' } }, '3101'],
    ['an upper-case UUID', { transferId: 'ABCDEF00-0000-4000-8000-000000000001' }, '3101'],
    [
      'too many extensions',
      { extensionList: { extension: Array(17).fill({ key: 'k', value: 'v' }) } },
      '3103',
    ],
    ['a long fsp id', { payeeFsp: 'x'.repeat(33) }, '3101'],
  ])('with %s are refused', async (_, changes, code) => {
    expect(await post(changes)).toEqual([400, code])
  })

  it('take an offset, a ULID and an unknown element', async () => {
    expect(await post({ expiration: '2026-01-01T03:00:20.000+03:00' })).toBe('taken')
    expect(await post({ transferId: '01ARZ3NDEKTSV4RRFFQ69G5FAV' })).toBe('taken')
    expect(await post({ transferId: anId(3), surprise: 1 })).toBe('taken')
  })

  it('that are no JSON are 3101, and over 5 MiB 3104', async () => {
    const broken = await world.heron.send('POST', '/transfers', { to: 'weaver', text: '{"a":' })
    expect([broken.status, errorOf(broken)]).toEqual([400, '3101'])
    const text = `"${'x'.repeat(5_242_880)}"`
    const large = await world.heron.send('POST', '/transfers', { to: 'weaver', text })
    expect([large.status, errorOf(large)]).toEqual([400, '3104'])
  })

  it('that nest without end are 3101', async () => {
    const deep = `{"surprise":${'['.repeat(200_000)}${']'.repeat(200_000)}}`
    const text = JSON.stringify(aPrepare(world)).replace('{', deep.replace(/}$/, ','))
    const answer = await world.heron.send('POST', '/transfers', { to: 'weaver', text })
    expect([answer.status, errorOf(answer)]).toEqual([400, '3101'])
  })

  it('to nobody in particular are 3102', async () => {
    const answer = await world.heron.send('POST', '/transfers', { body: aPrepare(world) })
    expect([answer.status, errorOf(answer)]).toEqual([400, '3102'])
  })
})

describe('nonsense', () => {
  it('is refused, whatever it is: no request makes the switch fail', async () => {
    const mediaType = fc.constantFrom(
      'application/vnd.interoperability.transfers+json;version=1.1',
      'application/vnd.interoperability.parties+json;version=1.0',
      'application/json',
      '',
    )
    const request = fc.record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD'),
      path: fc.oneof(
        fc.constantFrom(
          '/transfers',
          '/quotes',
          '/participants',
          '/',
          '/transfers?',
          '//',
          '/parties',
        ),
        fc.string().map((text) => `/transfers/${text}`),
        fc.string().map((text) => `/parties/MSISDN/${encodeURIComponent(text)}`),
        fc.webPath(),
        fc.constantFrom('/admin', '/admin/participants', '/admin/settlements', '/lab/faults', '/%'),
      ),
      headers: fc.record({
        'content-type': mediaType,
        accept: mediaType,
        date: fc.constantFrom('Thu, 01 Jan 2026 00:00:00 GMT', 'yesterday'),
        'fspiop-source': fc.constantFrom('ibis', 'heron', 'nobody', '__proto__'),
        'fspiop-destination': fc.constantFrom('weaver', 'nobody', ''),
        'fspiop-signature': fc.oneof(fc.string(), fc.json()),
      }),
      bytes: fc.oneof(fc.json(), fc.string()).map((text) => Buffer.from(text)),
    })
    world.store.run("UPDATE participants SET public_key = NULL WHERE name = 'ibis'")
    await fc.assert(
      fc.asyncProperty(request, async (each) => {
        const answered = world.theSwitch.route(each)
        await world.settle()
        const { status } = await answered
        expect(status === 501 || status < 500).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

describe('signatures', () => {
  const path = '/transfers'
  async function post(options: SendOptions): Promise<string | undefined> {
    const answer = await world.heron.send('POST', path, { to: 'weaver', ...options })
    return answer.status === 202 ? 'taken' : errorOf(answer)
  }
  function headersFor(world: World): Record<string, string> {
    return {
      'fspiop-source': 'heron',
      'fspiop-destination': 'weaver',
      date: new Date(world.clock.now()).toUTCString(),
    }
  }

  it('are demanded of who has a key, and of nobody else', async () => {
    const body = aPrepare(world)
    expect(await post({ body, isUnsigned: true })).toBe('3105')
    world.store.run("UPDATE participants SET public_key = NULL WHERE name = 'heron'")
    expect(await post({ body, isUnsigned: true })).toBe('taken')
  })

  it('over other bytes, another URI, method, source, destination or date are 3105', async () => {
    const bytes = Buffer.from(JSON.stringify(aPrepare(world)))
    const headers = headersFor(world)
    const right = { method: 'POST', path, headers, bytes }
    const wrongs = [
      { ...right, bytes: Buffer.from(`${bytes.toString()} `) },
      { ...right, path: '/quotes' },
      { ...right, method: 'PUT' },
      { ...right, headers: { ...headers, 'fspiop-source': 'weaver' } },
      { ...right, headers: { ...headers, 'fspiop-destination': 'ibis' } },
      { ...right, headers: { ...headers, date: new Date(0).toUTCString() } },
    ]
    const send = (signature: string): Promise<string | undefined> =>
      post({ text: bytes.toString(), headers: { 'fspiop-signature': signature } })
    for (const wrong of wrongs) expect(await send(signatureOf('heron', wrong))).toBe('3105')
    expect(await send(signatureOf('weaver', right))).toBe('3105')
    for (const broken of ['', '{}', 'null', '{"signature":"x","protectedHeader":"x"}']) {
      expect(await send(broken)).toBe('3105')
    }
    expect(await send(signatureOf('heron', right))).toBe('taken')
  })

  it('with alg none or an HMAC over the public key are 3105', async () => {
    const bytes = Buffer.from(JSON.stringify(aPrepare(world)))
    for (const alg of ['none', 'HS256', 'ES256']) {
      const fields = {
        alg,
        'FSPIOP-URI': path,
        'FSPIOP-HTTP-Method': 'POST',
        'FSPIOP-Source': 'heron',
        'FSPIOP-Destination': 'weaver',
      }
      const protectedHeader = Buffer.from(JSON.stringify(fields)).toString('base64url')
      const input = `${protectedHeader}.${bytes.toString('base64url')}`
      const signature = createSign('sha256').update(input).sign(pemOf('heron').privateKeyPem)
      const header = JSON.stringify({ signature: signature.toString('base64url'), protectedHeader })
      expect(await post({ text: bytes.toString(), headers: { 'fspiop-signature': header } })).toBe(
        '3105',
      )
    }
  })

  it('made by the SDK of the scheme are taken', async () => {
    const logger = {
      debug: () => undefined,
      push: () => logger,
      child: () => logger,
      isDebugEnabled: false,
    }
    const signer = new Jws.signer({ logger, signingKey: pemOf('heron').privateKeyPem } as never)
    const request = {
      method: 'POST',
      url: `http://switch${path}`,
      uri: `http://switch${path}`,
      headers: headersFor(world),
      body: JSON.stringify(aPrepare(world)),
    } as { headers: Record<string, string>; body: string }
    signer.sign(request as never)
    expect(await post({ text: request.body, headers: request.headers })).toBe('taken')
  })

  it('follow a key that was changed at once', async () => {
    const { publicKeyPem: publicKey } = pemOf('another')
    expect(
      (await world.call('PUT', '/admin/participants/heron/jws-key', { publicKey })).status,
    ).toBe(200)
    expect(await post({ body: aPrepare(world) })).toBe('3105')
    const broken = { publicKey: 'no key' }
    expect((await world.call('PUT', '/admin/participants/heron/jws-key', broken)).status).toBe(400)
  })
})
