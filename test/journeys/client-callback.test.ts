import { createHmac } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import type { HttpRequest } from '../../sandbox/http.ts'
import { makeDataFolder, type DataFolder } from '../support/data-folder.ts'
import { startVirtualLab, whileTimePasses, type VirtualLab } from '../support/virtual-lab.ts'
import {
  aTransfer,
  expectBooksRight,
  fault,
  freeze,
  legOf,
  listenAsClient,
  mend,
  post,
  send,
  settle,
  status,
  unfreeze,
  until,
  wait,
  type Client,
} from '../support/journey.ts'

let lab: VirtualLab
let client: Client
let folder: DataFolder

beforeAll(async () => {
  folder = makeDataFolder()
  lab = await startVirtualLab({ dataDir: folder.path })
  client = await listenAsClient(lab, 5000)
})
afterEach(async () => {
  client.answer(200)
  for (const party of ['switch', 'weaver', 'heron'] as const) await mend(lab, party)
  await expectBooksRight(lab)
})
afterAll(async () => {
  await lab.close()
  folder.remove()
})

function told(id: string): readonly HttpRequest[] {
  return client.received.filter(({ bytes }) => Buffer.from(bytes).toString().includes(id))
}

function body(request: HttpRequest | undefined) {
  return JSON.parse(Buffer.from(request?.bytes ?? []).toString())
}

function isSignedBy(request: HttpRequest, secret: string): boolean {
  const [, seconds, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(
    request.headers['x-kivuko-signature'] ?? '',
  )!
  const text = `${seconds!}.${Buffer.from(request.bytes).toString()}`
  return createHmac('sha256', secret).update(text).digest('hex') === mac
}

describe("the client's callback", () => {
  it('tells once what GET /channel/transfer/{id} tells, signed with the secret of the FSP', async () => {
    const id = await send(lab, aTransfer({ callbackUrl: client.url }))
    await settle(lab, id)
    await wait(lab, 120_000)
    expect(told(id)).toHaveLength(1)
    const { timeline, ...view } = body(told(id)[0])
    const asked = await status(lab, id)
    expect(view).toEqual({ ...asked, timeline: undefined })
    expect(timeline).toEqual(asked.timeline.slice(0, timeline.length))
    expect(view).toMatchObject({ transferState: 'COMMITTED' })
    expect(isSignedBy(told(id)[0]!, lab.keys.get('heron')!.secret)).toBe(true)
    expect(isSignedBy(told(id)[0]!, lab.keys.get('weaver')!.secret)).toBe(false)
  })

  it.each([
    ['refused before money was held', { payee: 9 }, '3204'],
    ['refused by the core', { payer: 8 }, '4000'],
  ] as const)('tells an abortion and why: %s', async (_, order, errorCode) => {
    const id = await send(lab, aTransfer({ ...order, callbackUrl: client.url }))
    await settle(lab, id)
    await wait(lab, 1_000)
    expect(told(id)).toHaveLength(1)
    expect(body(told(id)[0])).toMatchObject({
      transferState: 'ABORTED',
      errorInformation: { errorCode },
    })
  })

  it('tells an abortion after a release', async () => {
    await fault(lab, 'switch', { on: 'post-transfers', do: 'silence', forever: true })
    const id = await send(lab, aTransfer({ callbackUrl: client.url }))
    await settle(lab, id)
    await wait(lab, 5_000)
    expect(told(id).map(body)).toMatchObject([{ transferState: 'ABORTED' }])
  })

  it('tells COMMITTED when the booking is first owed, and nothing when it is booked', async () => {
    await fault(lab, 'switch', { on: 'put-transfers', do: 'delay', ms: 2_000 })
    const id = await send(lab, aTransfer({ callbackUrl: client.url }))
    await until(lab, async () => (await legOf(lab, id, 'payer')).state === 'reserved')
    await freeze(lab, 'heron', 1)
    await until(lab, async () => (await legOf(lab, id, 'payer')).state === 'booking-owed')
    await wait(lab, 30_000)
    expect(told(id).map(body)).toMatchObject([{ transferState: 'COMMITTED' }])
    await unfreeze(lab, 'heron', 1)
    await until(lab, async () => (await legOf(lab, id, 'payer')).state === 'committed')
    await wait(lab, 30_000)
    expect(told(id)).toHaveLength(1)
  })

  it('is sent again, the same bytes under the same delivery id, until the client takes it', async () => {
    client.answer(503)
    const id = await send(lab, aTransfer({ callbackUrl: client.url }))
    await settle(lab, id)
    await wait(lab, 30_000)
    client.answer(204)
    await wait(lab, 300_000)
    const tries = told(id)
    expect(tries.length).toBeGreaterThan(3)
    await wait(lab, 900_000)
    expect(told(id)).toHaveLength(tries.length)
    for (const each of tries) {
      expect(each.bytes).toEqual(tries[0]!.bytes)
      expect(each.headers['x-kivuko-delivery']).toBe(tries[0]!.headers['x-kivuko-delivery'])
      expect(isSignedBy(each, lab.keys.get('heron')!.secret)).toBe(true)
    }
  })

  it('is not lost when the hub dies before the client has taken it', async () => {
    lab.network.cut('127.0.0.1:5000')
    const id = await send(lab, aTransfer({ callbackUrl: client.url }))
    await settle(lab, id)
    await wait(lab, 3_000)
    await whileTimePasses(lab.clock, lab.restartHub())
    lab.network.restore('127.0.0.1:5000')
    await wait(lab, 300_000)
    expect(told(id).map(body)).toMatchObject([{ transferState: 'COMMITTED' }])
  })

  it('goes to nobody but whom the hub may call', async () => {
    const order = aTransfer({ callbackUrl: 'http://10.0.0.7/outcomes' })
    expect(await post(lab, order)).toMatchObject({ status: 400 })
  })
})
