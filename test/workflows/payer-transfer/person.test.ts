import { createHash } from 'node:crypto'
import { expect, it } from '@jest/globals'
import { aKey } from '../../support/store-values.ts'
import { aLegBench } from '../../support/leg-bench.ts'
import { kes } from '../../support/store-values.ts'
import { createPayerTransferJobs } from '../../../workflows/payer-transfer/jobs.ts'
import { createPayeeTransferJobs } from '../../../workflows/payee-transfer/jobs.ts'

const preimage = Buffer.alloc(32, 1)
const fulfilment = preimage.toString('base64url')
const condition = createHash('sha256').update(preimage).digest('base64url')
const terms = { transferAmount: kes('10.50'), expiresAt: 0, ilpPacket: 'packet', condition }
const { transferId } = aKey()
const bySwitch = { kind: 'transfer-told', source: 'switch', transferId } as const

it("the switch's proof of COMMITTED outweighs a person's release that is not carried out yet", async () => {
  const bench = await aLegBench('unknown', { facts: { terms, decision: 'release' } })
  await bench.tell({ ...bySwitch, state: 'COMMITTED', fulfilment })
  const judge = createPayerTransferJobs(bench.ports)['judge-transfer']!
  expect(await judge(bench.variables)).toMatchObject({ next: 'commit' })
  expect((await bench.leg()).state).toBe('commit-decided')
})

it("the switch's ABORTED outweighs a person's commit that is not carried out yet", async () => {
  const bench = await aLegBench('unknown', { facts: { terms, decision: 'commit' } })
  await bench.tell({ ...bySwitch, state: 'ABORTED' })
  const judge = createPayerTransferJobs(bench.ports)['judge-transfer']!
  expect(await judge(bench.variables)).toMatchObject({ next: 'release' })
  expect((await bench.leg()).state).toBe('release-decided')
})

it.each([
  { state: 'COMMITTED', decision: 'release', next: 'credit' },
  { state: 'ABORTED', decision: 'commit', next: 'drop' },
] as const)(
  "a payee's leg goes by the switch's $state, not by a person's $decision",
  async (told) => {
    const { state, decision, next } = told
    const bench = await aLegBench('reserved', { role: 'payee', facts: { decision } })
    await bench.tell({ ...bySwitch, state })
    const judge = createPayeeTransferJobs(bench.ports)['judge-fulfilment']!
    expect(await judge(bench.variables)).toMatchObject({ next })
  },
)

it('where the switch proves nothing, the person decides', async () => {
  const bench = await aLegBench('unknown', { facts: { terms, decision: 'release' } })
  await bench.tell({ ...bySwitch, state: 'COMMITTED' })
  const judge = createPayerTransferJobs(bench.ports)['judge-transfer']!
  expect(await judge(bench.variables)).toMatchObject({ next: 'release' })
})

it("a payee's leg that the switch calls both COMMITTED and ABORTED waits for a person", async () => {
  const bench = await aLegBench('reserved', { role: 'payee' })
  await bench.tell({ ...bySwitch, state: 'ABORTED' })
  await bench.tell({ ...bySwitch, state: 'COMMITTED' })
  const judge = createPayeeTransferJobs(bench.ports)['judge-fulfilment']!
  expect(await judge(bench.variables)).toMatchObject({ next: 'dispute' })
  expect(await bench.problems()).toEqual(['outcome-unknowable'])
})
