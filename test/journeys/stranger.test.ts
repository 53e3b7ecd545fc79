import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { startVirtualLab, type VirtualLab } from '../support/virtual-lab.ts'
import {
  ask,
  aTransfer,
  carry,
  expectBooksRight,
  fault,
  legsOf,
  mend,
  openProblems,
  send,
  settle,
  stateAtCore,
  stateAtSwitch,
  until,
  wait,
  watchBalance,
} from '../support/journey.ts'

let lab: VirtualLab

beforeAll(async () => {
  lab = await startVirtualLab({ direct: ['kingfisher'] })
})
afterEach(async () => {
  for (const party of ['switch', 'heron', 'kingfisher'] as const) await mend(lab, party)
  await expectBooksRight(lab)
})
afterAll(() => lab.close())

const toStranger = { to: 'kingfisher', payee: 2 } as const
const fromStranger = { from: 'kingfisher', payer: 1, to: 'heron', payee: 3 } as const

/** An order that the stranger takes itself; its transfer, once it has ended there. */
async function carryAtStranger() {
  const { body } = aTransfer(fromStranger)
  const url = `${lab.banks['kingfisher'] ?? ''}/lab/transfers`
  const headers = { 'x-correlationid': lab.clock.uuid() }
  const { transferId: id } = (await ask(lab, { method: 'POST', url, headers, body })).body
  const read = async () => (await ask(lab, { method: 'GET', url: `${url}/${id}` })).body
  await until(lab, async () => /COMMITTED|ABORTED/.test((await read()).transferState))
  await wait(lab, 90_000)
  return { ...(await read()), id }
}

describe('a payee whose bank is a stranger', () => {
  it('is paid', async () => {
    const payee = await watchBalance(lab, 'kingfisher', 2)
    expect(await carry(lab, aTransfer(toStranger))).toMatchObject({ state: 'committed' })
    await wait(lab, 10_000)
    expect(await payee()).toBe(10_050)
  })

  it('and fulfils wrongly: aborted, the hold released', async () => {
    const payer = await watchBalance(lab, 'heron', 1)
    await fault(lab, 'kingfisher', { on: 'put-transfers', do: 'wrong-fulfilment' })
    const leg = await carry(lab, aTransfer(toStranger))
    expect(leg).toMatchObject({ state: 'aborted', reason: 'wrong-fulfilment' })
    expect(leg.errorInformation?.errorCode).toBe('3100')
    expect(await stateAtSwitch(lab, leg.id)).toBe('ABORTED')
    expect(await payer()).toBe(0)
  })

  it('and offers terms for another amount: not agreed, nothing held', async () => {
    await fault(lab, 'kingfisher', { on: 'put-quotes', do: 'other-amount' })
    const leg = await carry(lab, aTransfer(toStranger))
    expect(leg).toMatchObject({ state: 'aborted', reason: 'message-invalid' })
    expect(await stateAtCore(lab, 'heron', leg.id)).toBeUndefined()
  })

  it('and answers after the expiration: aborted', async () => {
    await fault(lab, 'kingfisher', { on: 'put-transfers', do: 'late' })
    const id = await send(lab, aTransfer(toStranger))
    expect(await settle(lab, id)).toMatchObject({ state: 'aborted', reason: 'transfer-expired' })
    await wait(lab, 60_000)
    expect(await stateAtCore(lab, 'kingfisher', id)).toBeUndefined()
    expect(await openProblems(lab, id)).toEqual([])
  })

  it.each(['unsigned', 'bad-signature'] as const)(
    'and gives terms %s: nobody listens, nothing held',
    async (broken) => {
      await fault(lab, 'kingfisher', { on: 'put-quotes', do: broken, forever: true })
      const leg = await carry(lab, aTransfer(toStranger))
      expect(leg.state).toBe('aborted')
      expect(await stateAtCore(lab, 'heron', leg.id)).toBeUndefined()
    },
  )

  it.each(['unsigned', 'bad-signature'] as const)('and fulfils %s: aborted', async (broken) => {
    const payer = await watchBalance(lab, 'heron', 1)
    await fault(lab, 'kingfisher', { on: 'put-transfers', do: broken, forever: true })
    const leg = await carry(lab, aTransfer(toStranger))
    expect(leg.state).toBe('aborted')
    expect(await payer()).toBe(0)
    expect(await stateAtCore(lab, 'kingfisher', leg.id)).toBeUndefined()
  })

  it('and says everything twice: paid once', async () => {
    const payee = await watchBalance(lab, 'kingfisher', 2)
    for (const on of ['put-parties', 'put-quotes', 'put-transfers']) {
      await fault(lab, 'kingfisher', { on, do: 'duplicate' })
    }
    expect(await carry(lab, aTransfer(toStranger))).toMatchObject({ state: 'committed' })
    await wait(lab, 10_000)
    expect(await payee()).toBe(10_050)
  })
})

describe('a payer whose bank is a stranger', () => {
  it('pays', async () => {
    const payee = await watchBalance(lab, 'heron', 3)
    const told = await carryAtStranger()
    expect(told.transferState).toBe('COMMITTED')
    expect(await legsOf(lab, told.id)).toMatchObject([{ role: 'payee', state: 'committed' }])
    expect(await payee()).toBe(10_050)
  })

  it('and prepares another amount than was quoted: refused, nothing credited', async () => {
    await fault(lab, 'kingfisher', { on: 'post-transfers', do: 'other-amount' })
    const told = await carryAtStranger()
    expect(told.transferState).toBe('ABORTED')
    expect(await legsOf(lab, told.id)).toMatchObject([{ role: 'payee', state: 'aborted' }])
    expect(await stateAtCore(lab, 'heron', told.id)).toBeUndefined()
  })

  it.each(['unsigned', 'bad-signature'] as const)(
    'and prepares %s: nobody listens',
    async (broken) => {
      await fault(lab, 'kingfisher', { on: 'post-transfers', do: broken, forever: true })
      const told = await carryAtStranger()
      expect(told.transferState).toBe('ABORTED')
      expect(await legsOf(lab, told.id)).toEqual([])
    },
  )

  it('and prepares twice: credited once', async () => {
    const payee = await watchBalance(lab, 'heron', 3)
    await fault(lab, 'kingfisher', { on: 'post-transfers', do: 'duplicate' })
    expect((await carryAtStranger()).transferState).toBe('COMMITTED')
    expect(await payee()).toBe(10_050)
  })
})
