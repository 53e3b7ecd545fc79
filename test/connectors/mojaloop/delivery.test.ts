import { describe, expect, it } from '@jest/globals'
import { OutcomeUnknown, Unavailable } from '../../../hub/connector.ts'
import { moneyOf } from '../../../hub/domain/money.ts'
import { NoResponse, NotSent, type HttpResponse } from '../../../hub/http.ts'
import { fakeHttp, response } from '../fake-http.ts'
import { connectorOf } from './support.ts'

const transferId = '0a6e2a3e-8f6b-4c54-9d7c-0f6b4f3c2a11'

const prepare = {
  transferId,
  payerFspId: 'heron',
  payeeFspId: 'weaver',
  amount: moneyOf({ amount: '10.5', currency: 'KES' }),
  ilpPacket: 'AAAA',
  condition: 'A'.repeat(43),
  expiresAt: Date.UTC(2026, 0, 1) + 30_000,
}

const errorOf = (errorCode: string) => ({
  errorInformation: { errorCode, errorDescription: 'because' },
})

/** Delivers a message of a kind to a switch that answers as told. */
function deliver(
  kind: 'prepare' | 'question' | 'lookup' | 'register',
  answer: HttpResponse | Error,
) {
  const heron = connectorOf('heron', { http: fakeHttp(() => answer) })
  const party = { type: 'MSISDN', identifier: '254710000001' } as const
  const messages = {
    prepare: heron.composePrepare(prepare),
    question: heron.composeOutcomeQuestion(transferId),
    lookup: heron.composePartyQuestion(party),
    register: heron.composeParticipant('register', party, 'KES'),
  }
  return heron.deliver(messages[kind])
}

describe('a message that is delivered', () => {
  it('leaves as it was composed, to the switch, within the time that is configured', async () => {
    const http = fakeHttp(() => response(202))
    const heron = connectorOf('heron', { http })
    const message = heron.composePrepare(prepare)
    expect(await heron.deliver(message)).toBe('accepted')
    expect(http.sent).toEqual([
      {
        method: 'POST',
        url: 'http://switch.test/transfers',
        headers: message.headers,
        bytes: Buffer.from(message.body),
        timeoutMs: 10_000,
      },
    ])
  })

  it('leaves the same, byte for byte, each time', async () => {
    const http = fakeHttp(() => response(202))
    const heron = connectorOf('heron', { http })
    const message = heron.composePrepare(prepare)
    await heron.deliver(message)
    await heron.deliver(JSON.parse(JSON.stringify(message)))
    expect(http.sent[1]).toEqual(http.sent[0])
  })

  it.each([200, 202])('is accepted with %i', async (status) => {
    expect(await deliver('prepare', response(status))).toBe('accepted')
  })

  it.each([
    ['3100', 'message-invalid'],
    ['4001', 'payer-fsp-liquidity'],
    ['4200', 'payer-fsp-limit'],
    ['3303', 'transfer-expired'],
    ['9999', 'payee-refused-transfer'],
  ])('is refused with a 4xx of code %s as %s', async (code, reason) => {
    expect(await deliver('prepare', response(400, errorOf(code)))).toEqual({
      kind: 'refusal',
      reason,
      errorCode: code,
      description: 'because',
    })
  })

  it.each([
    ['lookup', 'payee-not-found'],
    ['prepare', 'payee-refused-transfer'],
  ] as const)('is refused by its own stage where no code says why: %s', async (kind, reason) => {
    const refused = await deliver(kind, response(400))
    expect(refused).toMatchObject({ reason, errorCode: '3000' })
  })

  it('is refused as taken where an identifier has an owner', async () => {
    const refused = await deliver('register', response(400, errorOf('3003')))
    expect(refused).toMatchObject({ reason: 'identifier-taken', errorCode: '3003' })
  })

  it.each([new NotSent('refused'), response(429), response(401), response(403)])(
    'surely did not arrive: %p',
    async (answer) => {
      await expect(deliver('prepare', answer)).rejects.toThrow(Unavailable)
    },
  )

  it('is refused with a 403 that is in FSPIOP’s words', async () => {
    expect(await deliver('prepare', response(403, errorOf('4300')))).toMatchObject({
      errorCode: '4300',
    })
  })

  it.each([
    new NoResponse('reset'),
    ...[500, 502, 503, 504, 501, 408, 409, 425, 301, 204, 201].map((status) => response(status)),
  ])('may have arrived: %p', async (answer) => {
    await expect(deliver('prepare', answer)).rejects.toThrow(OutcomeUnknown)
  })

  it.each([new NoResponse('reset'), response(500), response(503)])(
    'is only a question, and can be asked again: %p',
    async (answer) => {
      await expect(deliver('question', answer)).rejects.toThrow(Unavailable)
      await expect(deliver('lookup', answer)).rejects.toThrow(Unavailable)
    },
  )

  it('passes on what is wrong with the program itself', async () => {
    await expect(deliver('prepare', new TypeError('mistake'))).rejects.toThrow(TypeError)
  })
})
