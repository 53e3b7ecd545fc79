import { afterEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { aHubApi, anOrder, type HubApi } from '../../support/hub-api.ts'

let api: HubApi

afterEach(() => api.store.close())

const runs = 1500

/** Names that mean something, so that strange values meet real members; and some that do not. */
const words = fc.oneof(
  fc.constantFrom('MSISDN', 'SEND', 'KES', 'UGX', 'heron', 'TRANSFER', '10.5', '0', '-1', '1e3'),
  fc.string({ maxLength: 12, unit: 'binary' }),
  fc.string({ minLength: 100, maxLength: 300 }),
)

const members = fc.constantFrom(
  ...['payer', 'payee', 'partyIdInfo', 'partyIdType', 'partyIdentifier', 'fspId', 'amount'],
  ...['currency', 'amountType', 'note', 'customData', 'transactionType', 'scenario', '__proto__'],
  ...['accountId', 'idType', 'idValue', 'role', 'decision', 'reason', 'constructor', 'toString'],
)

const { anything } = fc.letrec<{ anything: unknown }>((tie) => ({
  anything: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom(null, true, 0, -0, 1e308, 10.5, Number.MAX_SAFE_INTEGER),
    words,
    fc.array(tie('anything'), { maxLength: 3 }),
    fc.dictionary(members, tie('anything'), { maxKeys: 5 }),
  ),
}))

/** A real order with one or more of its members replaced, at any depth. */
const damagedOrder = fc
  .tuple(anything, fc.constantFrom('payer', 'payee', 'amount', 'note', 'amountType'), fc.boolean())
  .map(([value, member, isDeep]) => {
    const order = anOrder()
    if (!isDeep) return { ...order, [member]: value }
    const inside = order[member]
    return { ...order, [member]: { ...(typeof inside === 'object' ? inside : {}), amount: value } }
  })

const bodies: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  anything.map((value) => Buffer.from(JSON.stringify(value))),
  damagedOrder.map((value) => Buffer.from(JSON.stringify(value))),
  damagedOrder.chain((value) => {
    const text = JSON.stringify(value)
    return fc.nat(text.length).map((end) => Buffer.from(text.slice(0, end)))
  }),
)

const headerValues = fc.string({ maxLength: 120, unit: 'binary' })

const headers = fc
  .record(
    {
      'platform-tenantid': fc.oneof(fc.constantFrom('heron', 'ibis', '__proto__'), headerValues),
      'x-correlationid': fc.oneof(fc.constantFrom('a', 'b'), headerValues),
      'content-type': fc.oneof(fc.constant('application/json'), headerValues),
      'x-callbackurl': fc.oneof(fc.constant('http://127.0.0.1/'), fc.webUrl(), headerValues),
      requesttype: headerValues,
      authorization: headerValues,
    },
    { requiredKeys: [] },
  )
  .map((some) => ({ ...some }))

const paths = fc.oneof(
  fc.constantFrom(
    ...['/channel/transfer', '/channel/partyRegistration', '/operations/problems', '/lab/books'],
    ...['/operations/transfers/00000000-0000-4000-8000-000000000001/decision', '/openapi.json'],
    ...['/channel/transfer/00000000-0000-4000-8000-000000000001', '/operations/transfers'],
    ...['/channel/txnState/a', '/health/ready', '/health/live'],
  ),
  fc
    .tuple(
      fc.constantFrom('/channel/transfer/', '/channel/txnState/', '/operations/transfers?cursor='),
      fc.oneof(fc.string({ unit: 'binary' }).map(escaped), fc.string(), fc.constant('%')),
    )
    .map(([start, end]) => start + end),
)

function escaped(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd'))
}

const requests = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT'),
  path: paths,
  headers,
  bytes: bodies,
})

describe('a stranger who sends anything at all', () => {
  it('is never answered with 5xx, and starts nothing but what was answered with 200', async () => {
    api = aHubApi()
    const given = new Set<string>()
    await fc.assert(
      fc.asyncProperty(requests, async (request) => {
        const answer = await api.send(request)
        expect(answer.status).toBeLessThan(500)
        if (request.method !== 'POST' || answer.status !== 200) return
        given.add(answer.body.transactionId ?? answer.body.registrationId)
      }),
      { numRuns: runs },
    )
    expect(api.logged.filter(({ level }) => level === 'error')).toEqual([])
    expect(await startedIds()).toEqual(given)
  })

  it('who sends a damaged order twice at once is answered the same twice, and has one transfer at most', async () => {
    api = aHubApi()
    const good = {
      'platform-tenantid': 'heron',
      'content-type': 'application/json',
      'x-correlationid': '',
    }
    let count = 0
    const given = new Set<string>()
    await fc.assert(
      fc.asyncProperty(bodies, async (bytes) => {
        const key = `key-${++count}`
        const request = { method: 'POST', path: '/channel/transfer', bytes }
        const send = () => api.send({ ...request, headers: { ...good, 'x-correlationid': key } })
        const [first, second] = await Promise.all([send(), send()])
        expect(second).toEqual(first)
        expect([200, 400, 422]).toContain(first.status)
        if (first.status === 200) given.add(first.body.transactionId)
        else expect(first.body.errors.length).toBeGreaterThan(0)
      }),
      { numRuns: runs },
    )
    expect(given.size).toBeGreaterThan(0)
    expect(await startedIds()).toEqual(given)
  })

  it('gets the first answer to the same order, however its members are ordered and its amount is spelt', async () => {
    api = aHubApi()
    let count = 0
    const amounts = fc.tuple(fc.integer({ min: 1, max: 1_000_000 }), fc.nat(2))
    await fc.assert(
      fc.asyncProperty(amounts, fc.infiniteStream(fc.nat(9)), async ([cents, zeros], order) => {
        const key = { 'X-CorrelationID': `same-${++count}` }
        const whole = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
        const sent = anOrder({ amount: { amount: whole, currency: 'KES' } })
        const spelt = { currency: 'KES', amount: whole + '0'.repeat(zeros) }
        const shuffled = Object.entries({ ...sent, amount: spelt })
          .map((entry) => ({ entry, at: order.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ entry }) => entry)
        const first = await api.post('/channel/transfer', sent, key)
        const again = await api.post('/channel/transfer', Object.fromEntries(shuffled), key)
        expect(first.status).toBe(200)
        expect(again).toEqual(first)
      }),
      { numRuns: 300 },
    )
    expect((await startedIds()).size).toBe(count)
  })
})

async function startedIds(): Promise<ReadonlySet<string>> {
  const rows = await api.outbox()
  return new Set(rows.map((row) => (row.kind === 'message' ? row.message.messageId : '')))
}
