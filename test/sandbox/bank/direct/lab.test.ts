import { afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import {
  ask,
  aTransfer,
  carry,
  expectBooksRight,
  fault,
  freeze,
  legsOf,
  send,
  sentTo,
  stateAtCore,
  stateAtSwitch,
  unfreeze,
  until,
  watchBalance,
  type Answer,
  type Order,
} from '../../../support/journey.ts'
import { startVirtualLab, type VirtualLab } from '../../../support/virtual-lab.ts'

let lab: VirtualLab

// The first lab makes the keys for all of them, which takes its time on a busy machine.
beforeAll(async () => {
  await (await startVirtualLab()).close()
}, 60_000)

afterEach(() => lab.close())

async function aLab(): Promise<VirtualLab> {
  lab = await startVirtualLab({ direct: ['kingfisher'] })
  return lab
}

const toDirect = aTransfer({ to: 'kingfisher', payee: 2 })
const fromDirect = aTransfer({ from: 'kingfisher', payer: 1, to: 'weaver', payee: 2 })

function postAtBank(order: Order): Promise<Answer> {
  const url = `${lab.banks['kingfisher'] ?? ''}/lab/transfers`
  const { body, headers = {} } = order
  return ask(lab, { method: 'POST', url, headers, body })
}

async function statusAtBank(id: string) {
  const url = `${lab.banks['kingfisher'] ?? ''}/lab/transfers/${id}`
  return (await ask(lab, { method: 'GET', url })).body
}

const ended = ['COMMITTED', 'ABORTED']

/** Sends an order at the direct bank and sees it through: what the bank tells of it. */
async function carryFromDirect(order: Order, maxVirtualMs = 300_000) {
  const { body } = await postAtBank(order)
  await until(
    lab,
    async () => ended.includes((await statusAtBank(body.transferId)).transferState),
    {
      maxVirtualMs,
    },
  )
  return statusAtBank(body.transferId)
}

describe('a bank on its own feet, as payee of the hub', () => {
  it('is paid: it credits once the switch has committed, and the books agree', async () => {
    await aLab()
    const gained = await watchBalance(lab, 'kingfisher', 2)
    const { id, transferState } = await carry(lab, toDirect)
    expect(transferState).toBe('COMMITTED')
    expect(await gained()).toBe(10050)
    expect(await stateAtCore(lab, 'kingfisher', id)).toBe('COMMITTED')
    expect((await legsOf(lab, id)).map(({ fspId }) => fspId)).toEqual(['heron'])
    expect(sentTo(lab, 'switch', new RegExp(`PUT /transfers/${id}`))).toHaveLength(1)
    await expectBooksRight(lab)
  })

  it('credits nobody twice when a PATCH comes twice', async () => {
    await aLab()
    await fault(lab, 'switch', { on: 'patch-transfers', do: 'duplicate' })
    const gained = await watchBalance(lab, 'kingfisher', 2)
    await carry(lab, toDirect)
    expect(await gained()).toBe(10050)
    await expectBooksRight(lab)
  })

  it('tells its answer again and then asks when no PATCH comes', async () => {
    await aLab()
    await fault(lab, 'switch', { on: 'patch-transfers', do: 'silence' })
    const gained = await watchBalance(lab, 'kingfisher', 2)
    const { id } = await carry(lab, toDirect)
    expect(await stateAtCore(lab, 'kingfisher', id)).toBeUndefined()
    await until(lab, async () => (await stateAtCore(lab, 'kingfisher', id)) === 'COMMITTED')
    expect(await gained()).toBe(10050)
    await expectBooksRight(lab)
  })

  it.each([
    [7, 'KES', '5400', 'payee-blocked'],
    [9, 'KES', '3204', 'payee-not-found'],
  ])('refuses customer %s in %s with %s', async (payee, currency, errorCode, reason) => {
    await aLab()
    const leg = await carry(lab, aTransfer({ to: 'kingfisher', payee, currency }))
    expect(leg).toMatchObject({ transferState: 'ABORTED', reason, errorInformation: { errorCode } })
    await expectBooksRight(lab)
  })

  it('refuses a currency that its customer does not hold', async () => {
    await aLab()
    const order = aTransfer({
      from: 'ibis',
      to: 'kingfisher',
      payee: 8,
      amount: '900',
      currency: 'UGX',
    })
    expect(await carry(lab, order)).toMatchObject({
      reason: 'payee-currency-not-held',
      errorInformation: { errorCode: '5106' },
    })
    await expectBooksRight(lab)
  })

  it('owes its customer what the scheme has committed while her account is frozen', async () => {
    await aLab()
    await fault(lab, 'switch', { on: 'patch-transfers', do: 'delay', ms: 2_000 })
    const id = await send(lab, toDirect)
    await until(lab, async () => (await stateAtSwitch(lab, id)) === 'COMMITTED')
    await freeze(lab, 'kingfisher', 2)
    await lab.clock.advance(20_000)
    expect(await stateAtCore(lab, 'kingfisher', id)).toBeUndefined()
    await unfreeze(lab, 'kingfisher', 2)
    await until(lab, async () => (await stateAtCore(lab, 'kingfisher', id)) === 'COMMITTED')
    await expectBooksRight(lab)
  })
})

describe('a bank on its own feet, as payer to the hub', () => {
  it('pays: hold, transfer, fulfilment, debit, and the books agree', async () => {
    await aLab()
    const spent = await watchBalance(lab, 'kingfisher', 1)
    const gained = await watchBalance(lab, 'weaver', 2)
    const told = await carryFromDirect(fromDirect)
    expect(told).toMatchObject({
      transferState: 'COMMITTED',
      payerFsp: 'kingfisher',
      payeeFsp: 'weaver',
      amount: '100.5',
      payerFspFee: { amount: '0.9', currency: 'KES' },
    })
    await expectBooksRight(lab)
    expect(await spent()).toBe(-(10050 + 90))
    expect(await gained()).toBe(10050)
  })

  it('moves money between two of its own customers without a switch', async () => {
    await aLab()
    const told = await carryFromDirect(
      aTransfer({ from: 'kingfisher', to: 'kingfisher', payee: 3 }),
    )
    expect(told).toMatchObject({ transferState: 'COMMITTED', payeeFsp: 'kingfisher' })
    expect(await stateAtSwitch(lab, told.transferId)).toBeUndefined()
    await expectBooksRight(lab)
  })

  it.each([
    [{ payee: 7 }, '5400', 'payee-blocked'],
    [{ payee: 9 }, '3204', 'payee-not-found'],
    [{ payer: 7 }, '4400', 'payer-blocked'],
    [{ payer: 8 }, '4000', 'payer-insufficient-funds'],
    [{ payer: 9 }, '3204', 'payer-not-found'],
    [{ payee: 2, amount: '900', currency: 'UGX' }, '5106', 'payee-currency-not-held'],
    [{ to: 'kingfisher', payee: 7 } as const, '5400', 'payee-blocked'],
  ])('ends %j with %s %s', async (fields, errorCode, reason) => {
    await aLab()
    const order = aTransfer({ from: 'kingfisher', to: 'weaver', ...fields })
    expect(await carryFromDirect(order)).toMatchObject({
      transferState: 'ABORTED',
      reason,
      errorInformation: { errorCode },
    })
    await expectBooksRight(lab)
  })

  it('releases what it held when the payee refuses the transfer itself', async () => {
    await aLab()
    await fault(lab, 'switch', { on: 'post-transfers', do: 'delay', ms: 1_500 })
    const { body } = await postAtBank(fromDirect)
    const heldAt = async (): Promise<boolean> =>
      (await statusAtBank(body.transferId)).transferState === 'RESERVED'
    await until(lab, heldAt, { stepMs: 5 })
    await freeze(lab, 'weaver', 2)
    await until(lab, async () => (await statusAtBank(body.transferId)).transferState === 'ABORTED')
    expect(await statusAtBank(body.transferId)).toMatchObject({
      reason: 'payee-blocked',
      errorInformation: { errorCode: '5400' },
    })
    await expectBooksRight(lab)
  })

  it('asks again when the word of the commitment is lost', async () => {
    await aLab()
    await fault(lab, 'switch', { on: 'put-transfers-callback', do: 'silence' })
    expect(await carryFromDirect(fromDirect)).toMatchObject({ transferState: 'COMMITTED' })
    await expectBooksRight(lab)
  })

  it('keeps its hold through an error callback while the switch has the transfer RESERVED', async () => {
    await aLab()
    await fault(lab, 'switch', { on: 'post-transfers', do: 'error-while-reserved' })
    expect(await carryFromDirect(fromDirect)).toMatchObject({ transferState: 'COMMITTED' })
    await expectBooksRight(lab)
  })

  it('releases only after expiration what the switch has never stored', async () => {
    await aLab()
    await fault(lab, 'switch', { on: 'post-transfers', do: 'silence', forever: true })
    const { body } = await postAtBank(fromDirect)
    await lab.clock.advance(29_000)
    expect(await statusAtBank(body.transferId)).toMatchObject({ transferState: 'RESERVED' })
    await until(lab, async () => (await statusAtBank(body.transferId)).transferState === 'ABORTED')
    expect(await statusAtBank(body.transferId)).toMatchObject({ reason: 'transfer-expired' })
    const sentAfter = sentTo(lab, 'switch', /^POST \/transfers/)
    expect(sentAfter.length).toBeGreaterThan(1)
    await expectBooksRight(lab)
  })

  it('takes an order once per X-CorrelationID', async () => {
    await aLab()
    const order = aTransfer({ from: 'kingfisher', correlationId: 'once' })
    const first = await postAtBank(order)
    expect(first.status).toBe(200)
    expect(await postAtBank(order)).toEqual(first)
    const other = aTransfer({ from: 'kingfisher', correlationId: 'once', amount: '7' })
    expect(await postAtBank(other)).toMatchObject({ status: 409 })
    await carryFromDirect(order)
    await expectBooksRight(lab)
  })

  it.each([
    [{ amount: '-1' }, 400],
    [{ amount: '0.00' }, 400],
    [{ amount: '99.99', currency: 'UGX' }, 422],
    [{ currency: 'ABC' }, 400],
    [{ to: 'kingfisher', payee: 1 } as const, 400],
  ])('turns %j away with %s', async (fields, status) => {
    await aLab()
    expect(await postAtBank(aTransfer({ from: 'kingfisher', ...fields }))).toMatchObject({ status })
  })
})

describe('two banks on their own feet', () => {
  it('pay each other over the switch, and the hub has no part in it', async () => {
    lab = await startVirtualLab({ direct: ['kingfisher', 'ibis'] })
    const order = aTransfer({ from: 'kingfisher', to: 'ibis', amount: '900', currency: 'UGX' })
    const told = await carryFromDirect(order)
    expect(told).toMatchObject({ transferState: 'COMMITTED', payeeFsp: 'ibis' })
    expect(await legsOf(lab, told.transferId)).toEqual([])
    await expectBooksRight(lab)
    expect(await stateAtCore(lab, 'ibis', told.transferId)).toBe('COMMITTED')
  })
})

describe("a stranger's faults", () => {
  it('lists them, and only where a bank is direct', async () => {
    await aLab()
    const kindsAt = async (bank: string): Promise<readonly string[]> =>
      (await ask(lab, { method: 'GET', url: `${lab.banks[bank] ?? ''}/lab/faults` })).body.kinds
    expect(await kindsAt('kingfisher')).toContain('wrong-fulfilment')
    expect(await kindsAt('heron')).not.toContain('wrong-fulfilment')
  })

  it('a wrong fulfilment aborts the transfer with 3100, and nobody has moved money', async () => {
    await aLab()
    await fault(lab, 'kingfisher', { on: 'put-transfers', do: 'wrong-fulfilment' })
    const leg = await carry(lab, toDirect)
    expect(leg).toMatchObject({
      transferState: 'ABORTED',
      reason: 'wrong-fulfilment',
      errorInformation: { errorCode: '3100' },
    })
    expect(await stateAtCore(lab, 'kingfisher', leg.id)).toBeUndefined()
    await expectBooksRight(lab)
  })

  it('an answer after expiration aborts the transfer', async () => {
    await aLab()
    await fault(lab, 'kingfisher', { on: 'put-transfers', do: 'late' })
    const leg = await carry(lab, toDirect)
    expect(leg).toMatchObject({ transferState: 'ABORTED', reason: 'transfer-expired' })
    await lab.clock.advance(10_000)
    expect(await stateAtCore(lab, 'kingfisher', leg.id)).toBeUndefined()
    await expectBooksRight(lab)
  })

  it('quotes after their expiration are no quotes', async () => {
    await aLab()
    await fault(lab, 'kingfisher', { on: 'put-quotes', do: 'late', forever: true })
    const leg = await carry(lab, toDirect)
    expect(leg.transferState).toBe('ABORTED')
    await lab.clock.advance(100_000)
    expect(await stateAtCore(lab, 'heron', leg.id)).toBeUndefined()
    await expectBooksRight(lab)
  })

  it('a quote of another amount is refused before anything is held', async () => {
    await aLab()
    await fault(lab, 'kingfisher', { on: 'put-quotes', do: 'other-amount' })
    const leg = await carry(lab, toDirect)
    expect(leg.transferState).toBe('ABORTED')
    expect(await stateAtCore(lab, 'heron', leg.id)).toBeUndefined()
    await expectBooksRight(lab)
  })

  it('a transfer of another amount than the quote is refused by the payee', async () => {
    await aLab()
    await fault(lab, 'kingfisher', { on: 'post-transfers', do: 'other-amount' })
    const told = await carryFromDirect(fromDirect)
    expect(told.transferState).toBe('ABORTED')
    expect(await stateAtCore(lab, 'weaver', told.transferId)).toBeUndefined()
    await expectBooksRight(lab)
  })

  it.each(['unsigned', 'bad-signature'] as const)(
    'a fulfilment that is %s is rejected and never committed',
    async (kind) => {
      await aLab()
      await fault(lab, 'kingfisher', { on: 'put-transfers', do: kind, forever: true })
      const leg = await carry(lab, toDirect)
      expect(leg).toMatchObject({ transferState: 'ABORTED', reason: 'transfer-expired' })
      expect(await stateAtSwitch(lab, leg.id)).toBe('ABORTED')
      await lab.clock.advance(60_000)
      await expectBooksRight(lab)
    },
  )

  it('a transfer with a bad signature is rejected; the right one commits', async () => {
    await aLab()
    await fault(lab, 'kingfisher', { on: 'post-transfers', do: 'bad-signature' })
    expect(await carryFromDirect(fromDirect)).toMatchObject({ transferState: 'COMMITTED' })
    await expectBooksRight(lab)
  })

  it.each(['put-parties', 'put-quotes', 'put-transfers'])(
    '%s twice changes nothing',
    async (on) => {
      await aLab()
      await fault(lab, 'kingfisher', { on, do: 'duplicate' })
      const gained = await watchBalance(lab, 'kingfisher', 2)
      expect(await carry(lab, toDirect)).toMatchObject({ transferState: 'COMMITTED' })
      expect(await gained()).toBe(10050)
      await expectBooksRight(lab)
    },
  )

  it.each(['get-parties', 'post-quotes', 'post-transfers'])(
    '%s lost once is sent again',
    async (on) => {
      await aLab()
      await fault(lab, 'kingfisher', { on, do: 'silence' })
      expect(await carryFromDirect(fromDirect)).toMatchObject({ transferState: 'COMMITTED' })
      await expectBooksRight(lab)
    },
  )

  it('a lookup that nobody answers ends the transfer', async () => {
    await aLab()
    await fault(lab, 'kingfisher', { on: 'put-parties', do: 'silence', forever: true })
    const leg = await carry(lab, aTransfer({ to: 'kingfisher', payee: 2 }))
    expect(leg).toMatchObject({ transferState: 'ABORTED', errorInformation: { errorCode: '2004' } })
    await expectBooksRight(lab)
  })
})
