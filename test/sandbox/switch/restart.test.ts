import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { openStore } from '../../../sandbox/store.ts'
import { switchConfig } from '../../../sandbox/switch/config.ts'
import { createSwitch } from '../../../sandbox/switch/switch.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeNetwork } from '../../support/fake-network.ts'
import { anId, aPrepare, aWorld, fulfil, pemOf, reserve } from './support.ts'

const silent = { status: 0, headers: {}, bytes: new Uint8Array() }
const taken = { status: 200, headers: {}, bytes: new Uint8Array() }

describe('a switch that starts again', () => {
  it('sends the PUT and the PATCH that it still owes, though the expiration is over', async () => {
    const world = await aWorld()
    await reserve(world)
    world.heron.answer = async () => silent
    world.weaver.answer = async () => silent
    await fulfil(world, anId(1))
    const { length } = world.weaver.received
    world.heron.answer = async () => taken
    world.weaver.answer = async () => taken
    await world.restart()
    expect(world.heron.callbacks().at(-1)!.body.transferState).toBe('COMMITTED')
    expect(world.weaver.callbacks().slice(length)).toMatchObject([
      { method: 'PATCH', body: { transferState: 'COMMITTED' } },
    ])
  })

  it('sweeps what expired while it was down, before anything else', async () => {
    const world = await aWorld({ sweepMs: 1_000_000 })
    await reserve(world)
    await world.clock.advance(60_000)
    await world.restart()
    const { body } = await world.call('GET', '/lab/books')
    expect(body.transfers).toMatchObject([{ state: 'ABORTED', errorCode: '3303' }])
    expect(world.heron.callbacks().at(-1)!.body.errorInformation.errorCode).toBe('3303')
    expect(await world.position('heron')).toBe('0')
  })

  it('forgets what was delivered: nothing leaves a second time', async () => {
    const world = await aWorld()
    await reserve(world)
    await fulfil(world, anId(1))
    await world.restart()
    await world.restart()
    expect(world.heron.received).toHaveLength(1)
    expect(world.weaver.received).toHaveLength(2)
  })

  it('does not forward a POST whose transfer has run out', async () => {
    const world = await aWorld()
    world.weaver.answer = async () => silent
    await reserve(world)
    const { length } = world.weaver.received
    world.theSwitch.close()
    await world.clock.advance(60_000)
    world.weaver.answer = async () => taken
    await world.restart()
    expect(world.weaver.callbacks().slice(length)).toMatchObject([{ method: 'PUT' }])
  })

  it('keeps what an admin changed in its file, and tops nothing up again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'switch-'))
    try {
      const file = join(folder, 'switch.db')
      const clock = createFakeClock()
      const network = createFakeNetwork({ clock })
      const accounts = [{ currency: 'KES', netDebitCap: '1000', liquidity: '5000' }]
      const config = switchConfig({ participants: [{ name: 'heron', accounts }] })
      const run = async (
        act: (call: (m: string, p: string, b?: unknown) => Promise<any>) => Promise<void>,
      ): Promise<void> => {
        const store = openStore(file)
        const theSwitch = createSwitch(config, { clock, network, store, keys: pemOf('switch') })
        await act(async (method, path, body) => {
          const bytes = body === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(body))
          const answer = await theSwitch.route({ method, path, headers: {}, bytes })
          return JSON.parse(Buffer.from(answer.bytes).toString() || 'null')
        })
        theSwitch.close()
        store.close()
      }
      await run(async (call) => {
        await call('PUT', '/admin/participants/heron/limits', {
          currency: 'KES',
          limit: { type: 'NET_DEBIT_CAP', value: '77.5' },
        })
      })
      await run(async (call) => {
        const { currencies } = await call('GET', '/lab/books')
        expect(currencies[0].participants).toEqual([
          {
            participant: 'heron',
            position: '0',
            settlementBalance: '-5000',
            netDebitCap: '77.5',
            reserved: '0',
            settled: '0',
          },
        ])
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('leaves neither row nor message behind when a commit fails', async () => {
    const world = await aWorld()
    world.store.exec(
      "CREATE TRIGGER full BEFORE INSERT ON notices BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    )
    const answer = await world.heron.send('POST', '/transfers', {
      to: 'weaver',
      body: aPrepare(world),
    })
    await world.settle()
    expect(answer.status).toBe(500)
    expect(world.weaver.received).toHaveLength(0)
    expect((await world.call('GET', '/lab/books')).body.transfers).toEqual([])
    expect(await world.position('heron')).toBe('0')
    world.store.exec('DROP TRIGGER full')
    await reserve(world)
    expect(await world.position('heron')).toBe('100')
  })

  it('commits what comes together in one transaction, and what fails there fails alone', async () => {
    const world = await aWorld()
    world.store.exec(
      `CREATE TRIGGER broken BEFORE INSERT ON transfers WHEN NEW.transfer_id = '${anId(2)}'
       BEGIN SELECT RAISE(ABORT, 'broken'); END`,
    )
    const send = (n: number): Promise<{ status: number }> => {
      const body = aPrepare(world, {
        transferId: anId(n),
        amount: { amount: '1', currency: 'KES' },
      })
      return world.heron.send('POST', '/transfers', { to: 'weaver', body })
    }
    const answers = await Promise.all([1, 2, 3].map(send))
    expect(answers.map(({ status }) => status)).toEqual([202, 500, 202])
    await world.settle()
    expect(world.weaver.callbacks().map(({ body }) => body.transferId)).toEqual([anId(1), anId(3)])
    expect(await world.position('heron')).toBe('2')
  })

  it('after kill -9 tells what was committed, again if need be, and the same', async () => {
    const world = await aWorld()
    await reserve(world)
    await fulfil(world, anId(1))
    const told = [world.heron.callbacks().at(-1), world.weaver.callbacks().at(-1)]
    await world.crash()
    expect([world.heron.callbacks().at(-1), world.weaver.callbacks().at(-1)]).toEqual(told)
    expect(world.heron.callbacks('/transfers/')).toHaveLength(2)
    expect(await world.position('weaver')).toBe('-100')
  })

  it('after kill -9 leaves nothing RESERVED beyond expiry and one sweep', async () => {
    const world = await aWorld()
    await reserve(world)
    await world.crash()
    await world.clock.advance(31_000)
    expect((await world.call('GET', '/lab/books')).body.transfers).toMatchObject([
      { state: 'ABORTED' },
    ])
    expect(await world.position('heron')).toBe('0')
  })
})
