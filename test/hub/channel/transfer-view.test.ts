import { afterEach, describe, expect, it } from '@jest/globals'
import { addClientCallback, transferView } from '../../../hub/channel/transfer-view.ts'
import type { TransferRecord } from '../../../hub/domain/transfer-record.ts'
import { aHubApi, anOrder, type HubApi } from '../../support/hub-api.ts'
import { aKey, aTransfer, kes } from '../../support/store-values.ts'

let api: HubApi | undefined

afterEach(async () => {
  await api?.store.close()
  api = undefined
})

async function ended(headers: Record<string, string>): Promise<TransferRecord> {
  api = aHubApi()
  const { transactionId } = (await api.post('/channel/transfer', anOrder(), headers)).body
  const key = aKey({ transferId: transactionId })
  return api.store.step(async (tx) => {
    const found = await tx.transfers.find(key)
    const at = found!.createdAt + 1500
    const record = { ...found!, state: 'committed', updatedAt: at, completedAt: at } as const
    await tx.transfers.save(record)
    await addClientCallback(tx, record)
    return record
  })
}

describe("the client's callback", () => {
  it('says exactly what asking would have said', async () => {
    const { key } = await ended({ 'X-CallbackURL': 'https://client.example/done' })
    const rows = await api!.outbox('client-callback')
    const asked = await api!.get(`/channel/transfer/${key.transferId}`)
    expect(rows).toMatchObject([
      { fspId: 'heron', url: 'https://client.example/done', line: `heron:payer:${key.transferId}` },
    ])
    const [row] = rows
    expect(row?.kind === 'client-callback' && JSON.parse(row.body)).toEqual(asked.body)
    expect(asked.body).toMatchObject({ completedTimestamp: '2026-01-01T00:00:01.500Z' })
  })

  it('is not sent to who did not ask for one', async () => {
    await ended({})
    expect(await api!.outbox('client-callback')).toEqual([])
  })
})

describe('what is told of a leg', () => {
  const terms = {
    transferAmount: kes('10.50'),
    payeeReceiveAmount: kes('10'),
    payeeFspFee: kes('0.50'),
    expiresAt: 0,
    ilpPacket: 'secret packet',
    condition: 'secret condition',
  }

  it('names both FSPs, what was agreed and what each one takes', () => {
    const facts = { terms, otherFspId: 'ibis', fee: kes('1.00'), fulfilment: 'secret fulfilment' }
    const view = transferView(aTransfer({ facts }), [])
    expect(view).toMatchObject({
      amount: '10.5',
      payerFsp: 'heron',
      payeeFsp: 'ibis',
      transferAmount: { amount: '10.5', currency: 'KES' },
      payeeReceiveAmount: { amount: '10', currency: 'KES' },
      payerFspFee: { amount: '1', currency: 'KES' },
      payeeFspFee: { amount: '0.5', currency: 'KES' },
    })
    expect(JSON.stringify(view)).not.toContain('secret')
  })

  it("knows the other side of a payee's leg", () => {
    const facts = { otherFspId: 'ibis', fee: kes('1.00') }
    const view = transferView(aTransfer({ key: aKey({ role: 'payee' }), facts }), [])
    expect(view).toMatchObject({ payerFsp: 'ibis', payeeFsp: 'heron' })
    expect(view.payerFspFee).toBeUndefined()
  })

  it("names the payer's own FSP for a transfer within it", () => {
    const payee = { id: { type: 'ALIAS', identifier: 'a' }, fspId: 'heron' } as const
    expect(transferView(aTransfer({ facts: { payee } }), [])).toMatchObject({
      payerFsp: 'heron',
      payeeFsp: 'heron',
    })
  })
})
