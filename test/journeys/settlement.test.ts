import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { settleLab } from '../../sandbox/lab/settlement.ts'
import { aTransfer, ask, carry, expectBooksRight } from '../support/journey.ts'
import { startVirtualLab, whileTimePasses, type VirtualLab } from '../support/virtual-lab.ts'

let lab: VirtualLab

beforeAll(async () => {
  lab = await startVirtualLab()
})
afterAll(() => lab.close())

const settle = () => whileTimePasses(lab.clock, settleLab(lab, lab.network))

async function positions(): Promise<readonly string[]> {
  const { body } = await ask(lab, { method: 'GET', url: `${lab.switch}/lab/books` })
  return body.currencies.flatMap(({ participants }: { participants: { position: string }[] }) =>
    participants.map(({ position }) => position),
  )
}

it('settles every position to zero, and the banks book what they got and paid', async () => {
  await carry(lab, aTransfer({ from: 'heron', to: 'weaver', amount: '100' }))
  await carry(lab, aTransfer({ from: 'weaver', to: 'ibis', amount: '30.25' }))
  await carry(lab, aTransfer({ from: 'ibis', to: 'kingfisher', amount: '500', currency: 'UGX' }))
  const bookings = await settle()
  expect(bookings.map(({ bank, currency, amount }) => [bank, currency, amount])).toEqual(
    expect.arrayContaining([
      ['heron', 'KES', '-100'],
      ['weaver', 'KES', '69.75'],
      ['ibis', 'KES', '30.25'],
      ['ibis', 'UGX', '-500'],
      ['kingfisher', 'UGX', '500'],
    ]),
  )
  expect((await positions()).filter((position) => /[1-9]/.test(position))).toEqual([])
  await expectBooksRight(lab)
})

it('books nothing twice when it is repeated, and goes on from there', async () => {
  const before = await settle()
  expect(await settle()).toEqual(before)
  await expectBooksRight(lab)
  await carry(lab, aTransfer({ from: 'kingfisher', to: 'heron', amount: '7' }))
  await settle()
  expect((await positions()).filter((position) => /[1-9]/.test(position))).toEqual([])
  await expectBooksRight(lab)
})
