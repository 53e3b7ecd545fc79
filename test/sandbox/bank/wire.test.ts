import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createBank, type Bank } from '../../../sandbox/bank/bank.ts'
import { createSystemClock } from '../../../sandbox/clock.ts'
import { createSocketNetwork, NoResponse } from '../../../sandbox/http.ts'
import type { HttpResponse, Listening } from '../../../sandbox/http.ts'
import { readBankSeed } from '../../../sandbox/seed.ts'
import { openStore, type Store } from '../../../sandbox/store.ts'
import { aTransfer, credentials } from './a-bank.ts'

const network = createSocketNetwork()
let store: Store
let bank: Bank
let listening: Listening

beforeAll(async () => {
  store = openStore(':memory:')
  bank = createBank(readBankSeed('ibis'), { clock: createSystemClock(), store })
  const options = { host: '127.0.0.1', port: 0, bodyBytesMax: 100_000 }
  listening = await network.listen(bank.route, options)
})

afterAll(async () => {
  bank.close()
  await listening.close()
  store.close()
})

function prepare(changes = {}): Promise<HttpResponse> {
  return network.send({
    method: 'POST',
    url: `${listening.url}/fineract-provider/api/v1/interoperation/transfers?action=PREPARE`,
    headers: { ...credentials, 'Idempotency-Key': 'k-1', 'Content-Type': 'application/json' },
    bytes: Buffer.from(JSON.stringify(aTransfer(changes))),
    timeoutMs: 5_000,
  })
}

describe('a bank on a real socket', () => {
  it('hangs up on an answer that a fault swallows, and gives it to the repeat', async () => {
    const fault = { on: 'prepare', do: 'commit-then-hang', times: 1, ms: 20 }
    const put = await network.send({
      method: 'PUT',
      url: `${listening.url}/lab/faults`,
      headers: {},
      bytes: Buffer.from(JSON.stringify(fault)),
      timeoutMs: 5_000,
    })
    expect(put.status).toBe(200)
    await expect(prepare()).rejects.toThrow(NoResponse)
    const again = await prepare()
    expect([again.status, again.headers['x-served-from-cache']]).toEqual([200, 'true'])
    expect(bank.books().transfers).toMatchObject([{ state: 'HELD', held: '103.40' }])
  })

  it('answers many at once, each one once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => prepare({ transferCode: 'ignored: the key is known' })),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(bank.books().transfers).toHaveLength(1)
  })
})
