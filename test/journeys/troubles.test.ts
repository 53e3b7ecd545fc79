import { expect, it } from '@jest/globals'
import { sendJson } from '../../sandbox/json-client.ts'
import { makeDataFolder } from '../support/data-folder.ts'
import {
  ask,
  aTransfer,
  expectBooksRight,
  legsOf,
  openProblems,
  orderRequest,
  send,
  type BankName,
  type Order,
} from '../support/journey.ts'
import { createDraw, createTroubles, type Draw, type Troubles } from '../support/troubles.ts'
import { startVirtualLab, type VirtualLab } from '../support/virtual-lab.ts'

const banks: readonly BankName[] = ['heron', 'weaver', 'ibis', 'kingfisher']
const orderCount = 8
const pausesMs = [0, 1, 3, 20, 1_000, 11_000]

function anOrder(lab: VirtualLab, draw: Draw): Order {
  const [from = 'heron', to = 'weaver'] = [banks[draw(4)], banks[draw(4)]]
  const payer = 1 + draw(6)
  // Nobody pays herself.
  const payee = 1 + ((payer + draw(5)) % 6)
  const amount = String(1 + draw(50))
  return aTransfer({ from, payer, to, payee, amount, correlationId: lab.clock.uuid() })
}

/** Sends orders while things go wrong, and lets more go wrong while they are on their way. */
async function sendInTrouble(
  lab: VirtualLab,
  { draw, troubles }: { readonly draw: Draw; readonly troubles: Troubles },
): Promise<readonly Order[]> {
  const orders = Array.from({ length: orderCount }, () => anOrder(lab, draw))
  for (const order of orders) {
    for (let more = draw(3); more > 0; more--) await troubles.add()
    void sendJson(lab.network, orderRequest(lab, order)).catch(() => undefined)
    await lab.clock.advance(pausesMs[draw(pausesMs.length)] ?? 0)
    await troubles.restartIfCut()
  }
  for (let round = 0; round < 20; round++) {
    if (draw(3) === 0) await troubles.add()
    await lab.clock.advance(pausesMs[draw(pausesMs.length)] ?? 0)
    await troubles.restartIfCut()
  }
  return orders
}

/** On servers, whose every run is another, half of the seeds. */
const seedCount = process.env['KIVUKO_TEST_SERVERS'] === undefined ? 6 : 3

it.each(Array.from({ length: seedCount }, (_, n) => n + 1))(
  'whatever goes wrong, once it is mended every order has ended, and the books are right (seed %i)',
  async (seed) => {
    const folder = makeDataFolder()
    const lab = await startVirtualLab({ dataDir: folder.path, seed })
    const draw = createDraw(seed)
    const troubles = createTroubles(lab, draw)
    lab.power.cutAt(Infinity)
    const orders = await sendInTrouble(lab, { draw, troubles })
    await troubles.end()
    await lab.clock.advance(400_000)
    for (const order of orders) {
      // The client that never had an answer asks again under its key.
      const id = await send(lab, order)
      await lab.clock.advance(60_000)
      const legs = await legsOf(lab, id)
      expect(legs.length).toBeGreaterThan(0)
      for (const { state } of legs) expect(state).toMatch(/^(committed|aborted)$/)
      expect(await openProblems(lab, id)).toEqual([])
    }
    await expectBooksRight(lab)
    const { body } = await ask(lab, { method: 'GET', url: `${lab.hub}/operations/problems` })
    expect(body).toEqual({ problems: [] })
    await lab.close()
    folder.remove()
  },
  300_000,
)
