import { createHash } from 'node:crypto'
import { expect, it } from '@jest/globals'
import { isRefusal } from '../../../hub/domain/refusal.ts'
import type { Variables } from '../../../hub/engine/engine.ts'
import { createPayeeTransferJobs } from '../../../workflows/payee-transfer/jobs.ts'
import { aLegBench, benchFulfilment, type LegBench } from '../../support/leg-bench.ts'
import { aCallback, aQuote, kes } from '../../support/store-values.ts'

const condition = createHash('sha256')
  .update(Buffer.from(benchFulfilment, 'base64url'))
  .digest('base64url')
const [first, second] = [
  '6f1c0d2e-0000-4000-8000-00000000000a',
  '6f1c0d2e-0000-4000-8000-00000000000b',
] as const

/** A bench of weaver's, who has quoted 10.50 KES to heron. */
async function aPayee(): Promise<LegBench> {
  const bench = await aLegBench('aborted', { role: 'payee' })
  const { question } = aQuote()
  const quote = aQuote({
    fspId: 'heron',
    accountId: 'account-1',
    question: { ...question, payerFspId: 'weaver', payeeFspId: 'heron' },
    terms: {
      transferAmount: kes('10.50'),
      expiresAt: bench.clock.now() + 60_000,
      ilpPacket: 'packet',
      condition,
    },
  })
  await bench.store.step((tx) => tx.quotes.insert(quote))
  return bench
}

/** A prepare on the quote comes; what is decided, and the leg's state. */
async function prepare(bench: LegBench, transferId: string): Promise<readonly unknown[]> {
  const { store, clock, ports } = bench
  const at = clock.now()
  const callback = {
    kind: 'transfer-prepared',
    source: 'weaver',
    answeredAt: at,
    prepare: {
      transferId,
      payerFspId: 'weaver',
      payeeFspId: 'heron',
      amount: kes('10.50'),
      ilpPacket: 'packet',
      condition,
      expiresAt: at + 30_000,
    },
  } as const
  const inboxId = await store.step((tx) => tx.inbox.insert(aCallback({ receivedAt: at, callback })))
  const variables: Variables = { fspId: 'heron', transferId, inboxId }
  const answer = await createPayeeTransferJobs(ports)['decide-fulfilment']!(variables)
  if (isRefusal(answer)) throw new Error('a prepare is decided, never refused as a step')
  const key = { fspId: 'heron', role: 'payee', transferId } as const
  const leg = await store.step((tx) => tx.transfers.find(key))
  return [answer['next'], leg?.state, leg?.facts.refusal?.reason]
}

it('a quote is honoured for one transfer: a second one on it is refused', async () => {
  const bench = await aPayee()
  expect(await prepare(bench, first)).toEqual(['fulfil', 'reserved', undefined])
  expect(await prepare(bench, second)).toEqual(['refuse', 'aborted', 'payee-refused-transfer'])
  expect(await prepare(bench, first)).toEqual(['fulfil', 'reserved', undefined])
})

it('of two at the same moment one is fulfilled, the other tried again and refused', async () => {
  const bench = await aPayee()
  const both = await Promise.allSettled([prepare(bench, first), prepare(bench, second)])
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  const loser = both[0].status === 'rejected' ? first : second
  expect(await prepare(bench, loser)).toEqual(['refuse', 'aborted', 'payee-refused-transfer'])
})

it('a quote whose transfer came to nothing may be used for another', async () => {
  const bench = await aPayee()
  await prepare(bench, first)
  const key = { fspId: 'heron', role: 'payee', transferId: first } as const
  await bench.store.step(async (tx) => {
    const leg = await tx.transfers.find(key)
    await tx.transfers.save({ ...leg!, state: 'aborted' })
  })
  expect(await prepare(bench, second)).toEqual(['fulfil', 'reserved', undefined])
})

it('nothing is promised once the transfer has expired while the core was asked', async () => {
  const bench = await aPayee()
  const { ledgerOf } = bench.ports
  const findAccount: ReturnType<typeof ledgerOf>['findAccount'] = async (...asked) => {
    await bench.clock.jump(31_000)
    return ledgerOf('heron').findAccount(...asked)
  }
  const slow = { ...ledgerOf('heron'), findAccount }
  const ports = { ...bench.ports, ledgerOf: () => slow }
  expect(await prepare({ ...bench, ports }, first)).toEqual([
    'refuse',
    'aborted',
    'transfer-expired',
  ])
})
