import { describe, expect, it } from '@jest/globals'
import { sendRow, type Patience } from '../../../sandbox/demo/send-row.ts'
import type { HttpRequest, HttpResponse } from '../../../sandbox/http.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeNetwork } from '../../support/fake-network.ts'
import { aRow } from './support.ts'

const patience: Patience = { endMsMax: 60_000, sendTriesMax: 3 }
const door = { url: 'http://hub:4000/channel/transfer' }

function json(status: number, body: unknown): HttpResponse {
  return { status, headers: {}, bytes: Buffer.from(JSON.stringify(body)) }
}

async function send(answers: (request: HttpRequest, count: number) => HttpResponse) {
  const clock = createFakeClock()
  const network = createFakeNetwork({ clock })
  await network.listen(async (request) => answers(request, network.traffic.length), {
    host: 'hub',
    port: 4000,
    bodyBytesMax: 10_000,
  })
  const ended = sendRow(aRow(), { door, patience }, { http: network, clock })
  await clock.advance(200_000)
  return { outcome: await ended, traffic: network.traffic }
}

describe('sendRow', () => {
  it('orders with the channel API, and asks until the transfer has ended', async () => {
    const { outcome, traffic } = await send((request, count) => {
      if (request.method === 'POST') return json(200, { transactionId: 't-1' })
      return json(200, { transferState: count < 4 ? 'RESERVED' : 'COMMITTED' })
    })
    expect(outcome).toEqual({ kind: 'ended', transferId: 't-1', state: 'COMMITTED' })
    const [order, question] = traffic.map(({ request }) => request)
    expect(order?.path).toBe('/channel/transfer')
    expect(order?.headers).toMatchObject({
      'platform-tenantid': 'heron',
      'content-type': 'application/json',
    })
    expect(order?.headers['x-correlationid']).toMatch(/^[0-9a-f-]{36}$/)
    expect(JSON.parse(Buffer.from(order!.bytes).toString())).toMatchObject({
      payer: { partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier: '254710000001' } },
      payee: { partyIdInfo: { partyIdType: 'MSISDN', partyIdentifier: '254720000001' } },
      amount: { amount: '10', currency: 'KES' },
    })
    expect(question?.path).toBe('/channel/transfer/t-1')
    expect(question?.headers['platform-tenantid']).toBe('heron')
  })

  it('tells why a transfer was aborted', async () => {
    const { outcome } = await send(({ method }) =>
      method === 'POST'
        ? json(200, { transactionId: 't-1' })
        : json(200, {
            transferState: 'ABORTED',
            reason: 'payer-blocked',
            errorInformation: { errorCode: '4400', errorDescription: 'no' },
          }),
    )
    expect(outcome).toMatchObject({ state: 'ABORTED', errorCode: '4400', reason: 'payer-blocked' })
  })

  it('tells what is refused at the door, and sends it only once', async () => {
    const { outcome, traffic } = await send(() => json(422, { developerMessage: 'too fine' }))
    expect(outcome).toEqual({ kind: 'refused', status: 422, words: 'too fine' })
    expect(traffic).toHaveLength(1)
  })

  it('sends again under the same id when nobody answers', async () => {
    const { outcome, traffic } = await send((request, count) => {
      if (request.method === 'GET') return json(200, { transferState: 'COMMITTED' })
      return count < 3 ? json(0, {}) : json(200, { transactionId: 't-1' })
    })
    expect(outcome).toMatchObject({ kind: 'ended', state: 'COMMITTED' })
    const ids = traffic.map(({ request }) => request.headers['x-correlationid']).slice(0, 3)
    expect(new Set(ids).size).toBe(1)
  })

  it('gives up a transfer that does not end in time, and says where it stands', async () => {
    const { outcome } = await send(({ method }) =>
      method === 'POST'
        ? json(200, { transactionId: 't-1' })
        : json(200, { transferState: 'RESERVED' }),
    )
    expect(outcome).toEqual({ kind: 'open', transferId: 't-1', words: 'still RESERVED' })
  })
})
