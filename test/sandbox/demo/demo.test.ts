import { describe, expect, it } from '@jest/globals'
import { runDemo } from '../../../sandbox/demo/demo.ts'
import type { DemoRow } from '../../../sandbox/demo/parse-rows.ts'
import type { HttpRequest, HttpResponse } from '../../../sandbox/http.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeNetwork } from '../../support/fake-network.ts'
import { json, serveBooks, wireBooks } from '../books/wire.ts'
import { aRow, aTerminal } from './support.ts'

const lab = { hub: 'http://hub:8080', switch: 'http://switch:8080', banks: {}, direct: ['weaver'] }

const timeline = [
  {
    at: '2026-01-01T00:00:00.000Z',
    step: 'reserve-funds',
    party: 'heron',
    direction: 'out',
    outcome: 'done',
    detail: '',
  },
]
const leg = { fspId: 'heron', payerFsp: 'heron', payeeFsp: 'weaver', amount: '10', currency: 'KES' }

/** A hub that commits everything as "t1". */
function hub({ method, path }: HttpRequest): HttpResponse {
  if (path === '/lab/books') return json(200, wireBooks.hub)
  if (path.startsWith('/operations')) {
    const legs = ['payer', 'payee'].map((role) => ({ ...leg, role, timeline }))
    return json(200, { legs })
  }
  if (method === 'POST') return json(200, { transactionId: 't1' })
  return json(200, { transferState: 'COMMITTED', timeline })
}

async function demo(rows: readonly DemoRow[], switchBooks: unknown = wireBooks.switch) {
  const clock = createFakeClock()
  const network = createFakeNetwork({ clock })
  const options = { host: 'hub', port: 8080, bodyBytesMax: 10_000 }
  await network.listen(async (request) => hub(request), options)
  await serveBooks(network, 'switch', switchBooks)
  const { terminal, written } = aTerminal()
  const running = runDemo(rows, lab, { http: network, clock, terminal })
  await clock.advance(600_000)
  return { isRight: await running, text: written(), traffic: network.traffic }
}

describe('runDemo', () => {
  it('prints outcomes, a story and the books, and is right when all of it is', async () => {
    const { isRight, text } = await demo([aRow()])
    expect(text).toMatch(/COMMITTED +1 +1 {2}COMMITTED \(1\)/)
    expect(text).toContain('All 1 outcomes are the expected ones.')
    expect(text).toContain('10 KES from heron to weaver, message by message')
    expect(text).toContain("heron's core holds the payer's money.")
    expect(text).toContain('The books are right')
    expect(isRight).toBe(true)
  })

  it('is wrong when an outcome is not the expected one, and prints it', async () => {
    const expected = { kind: 'code', errorCode: '4000' } as const
    const { isRight, text } = await demo([aRow({ expected })])
    expect(text).toContain('line 2, d001: expected 4000, got COMMITTED; heron 254710000001')
    expect(text).toContain('The books are right')
    expect(isRight).toBe(false)
  })

  it('is wrong when the books are', async () => {
    const [row] = wireBooks.switch.transfers
    const { isRight, text } = await demo([aRow()], {
      ...wireBooks.switch,
      transfers: [{ ...row, state: 'ABORTED' }],
    })
    expect(text).toContain('All 1 outcomes are the expected ones.')
    expect(text).toMatch(/1 of \d+ sums differ/)
    expect(isRight).toBe(false)
  })

  it('sends the orders of a bank on its own feet to that bank', async () => {
    const own = { ...lab, banks: { weaver: 'http://weaver:8080' } }
    const clock = createFakeClock()
    const network = createFakeNetwork({ clock })
    const options = { port: 8080, bodyBytesMax: 10_000 }
    await network.listen(async (request) => hub(request), { host: 'hub', ...options })
    await network.listen(
      async ({ path }) => (path === '/lab/books' ? json(404, {}) : json(400, {})),
      { host: 'weaver', ...options },
    )
    await serveBooks(network, 'switch', wireBooks.switch)
    const { terminal, written } = aTerminal()
    const running = runDemo([aRow({ payerFsp: 'weaver' })], own, { http: network, clock, terminal })
    await clock.advance(600_000)
    expect(await running).toBe(false)
    expect(network.traffic[0]?.url).toBe('http://weaver:8080/lab/transfers')
    expect(written()).toContain('weaver  keeps no books for the lab  ok')
  })
})
