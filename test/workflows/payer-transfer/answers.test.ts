import { describe, expect, it } from '@jest/globals'
import type { IlpTerms } from '../../../hub/connector.ts'
import type { Party } from '../../../hub/domain/party.ts'
import { isRefusal } from '../../../hub/domain/refusal.ts'
import type { Variables } from '../../../hub/engine/engine.ts'
import { createPayerTransferJobs } from '../../../workflows/payer-transfer/jobs.ts'
import { aLegBench, type LegBench } from '../../support/leg-bench.ts'
import { aKey, aTransfer, kes } from '../../support/store-values.ts'

async function run(bench: LegBench, type: string): Promise<Variables> {
  const answer = await createPayerTransferJobs(bench.ports)[type]!(bench.variables)
  return isRefusal(answer) ? { refused: answer.reason, why: answer.description } : answer
}

const partyId = aTransfer().order.payee

/** `source` says that the payee is a customer of `fspId`. */
function given(bench: LegBench, source: string, fspId: string): Promise<void> {
  const party: Party = { id: partyId, fspId }
  return bench.tell({ kind: 'party-given', source, partyId, party })
}

const lookup = { facts: { asked: 1, otherFspId: undefined } } as object

describe('who the payee is', () => {
  it('is told by her own FSP', async () => {
    const bench = await aLegBench('received', lookup)
    await given(bench, 'weaver', 'weaver')
    expect(await run(bench, 'accept-payee')).toEqual({ next: 'switch' })
    expect((await bench.leg()).facts.otherFspId).toBe('weaver')
  })

  it('or by the switch', async () => {
    const bench = await aLegBench('received', lookup)
    await given(bench, 'switch', 'weaver')
    expect(await run(bench, 'accept-payee')).toEqual({ next: 'switch' })
  })

  it('and by nobody in the name of another FSP, least of all in the name of our own', async () => {
    const bench = await aLegBench('received', lookup)
    await given(bench, 'kingfisher', 'ibis')
    await given(bench, 'kingfisher', 'heron')
    expect(await run(bench, 'accept-payee')).toEqual({ next: 'ask' })
    await given(bench, 'weaver', 'weaver')
    await run(bench, 'accept-payee')
    expect((await bench.leg()).facts.otherFspId).toBe('weaver')
  })

  it('is not known when two FSPs both say that she is theirs', async () => {
    const bench = await aLegBench('received', lookup)
    await given(bench, 'weaver', 'weaver')
    await given(bench, 'kingfisher', 'kingfisher')
    expect(await run(bench, 'accept-payee')).toMatchObject({ refused: 'message-invalid' })
  })

  it('stands, whatever error somebody sends besides', async () => {
    const bench = await aLegBench('received', lookup)
    await given(bench, 'weaver', 'weaver')
    const error = { errorCode: '3204', description: 'not found' }
    await bench.tell({ kind: 'party-refused', source: 'kingfisher', partyId, error })
    expect(await run(bench, 'accept-payee')).toEqual({ next: 'switch' })
  })
})

const packet: IlpTerms = {
  quoteId: 'quote-1',
  transactionId: aKey().transferId,
  payeeFspId: 'weaver',
  payee: partyId,
  amount: kes('10.50'),
}

async function quoted(said: IlpTerms): Promise<Variables> {
  const facts = { asked: 1, quoteId: 'quote-1' }
  const bench = await aLegBench('received', { facts, packet: said })
  const terms = {
    transferAmount: kes('10.50'),
    expiresAt: bench.clock.now() + 60_000,
    ilpPacket: 'packet',
    condition: 'condition',
  }
  await bench.tell({ kind: 'quote-given', source: 'weaver', quoteId: 'quote-1', terms })
  return run(bench, 'accept-quote')
}

describe('the ILP packet of the terms', () => {
  it('names the quote, the transaction, the payee and her FSP', async () => {
    expect(await quoted(packet)).toEqual({ next: 'agreed' })
  })

  it.each([
    ['quote', { quoteId: 'quote-2' }],
    ['transaction', { transactionId: '6f1c0d2e-0000-4000-8000-000000000002' }],
    ['payee', { payee: { type: 'MSISDN', identifier: '254740000001' } }],
    ['FSP', { payeeFspId: 'kingfisher' }],
    ['amount', { amount: kes('10.51') }],
  ] as const)('is refused when it is of another %s', async (_, changed) => {
    expect(await quoted({ ...packet, ...changed })).toMatchObject({ refused: 'message-invalid' })
  })
})
