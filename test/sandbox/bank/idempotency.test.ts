import { describe, expect, it } from '@jest/globals'
import { aBank, aTransfer, codeOf, type Answer, type BankUnderTest } from './a-bank.ts'

type Wish = { readonly action?: string; readonly key?: string; readonly body?: object }

function ask(
  bank: BankUnderTest,
  { action = 'PREPARE', key = 'k-1', body }: Wish = {},
): Promise<Answer> {
  const headers = { 'idempotency-key': key }
  const path = `/interoperation/transfers?action=${action}`
  return bank.api('POST', path, { ...aTransfer(), ...body }, headers)
}

function fault(bank: BankUnderTest, wish: object): Promise<Answer> {
  return bank.ask('PUT', '/lab/faults', wish)
}

describe('an Idempotency-Key', () => {
  it('gets a repeat the first answer again, marked as coming from the cache', async () => {
    const bank = aBank()
    const first = await ask(bank)
    await bank.clock.advance(5_000)
    const again = await ask(bank)
    expect(again.status).toBe(200)
    expect(again.text).toBe(first.text)
    expect(first.headers['x-served-from-cache']).toBeUndefined()
    expect(again.headers['x-served-from-cache']).toBe('true')
    expect(bank.books().currencies['KES']?.held).toBe('-103.40')
  })

  it('does not look at the body: other content under the same key gets the first answer', async () => {
    const bank = aBank()
    const first = await ask(bank)
    const other = await ask(bank, { body: { transferCode: 'tr-2' } })
    expect(other.text).toBe(first.text)
    expect(bank.books().transfers).toHaveLength(1)
  })

  it('counts per action, so that one key may serve PREPARE and CREATE', async () => {
    const bank = aBank()
    await ask(bank)
    const created = await ask(bank, { action: 'CREATE' })
    expect(created.status).toBe(200)
    expect(created.headers['x-served-from-cache']).toBeUndefined()
    expect(bank.books().transfers).toMatchObject([{ state: 'COMMITTED' }])
  })

  it('replays a failure with its status, although the cause is gone', async () => {
    const bank = aBank()
    const failed = await ask(bank, { action: 'CREATE' })
    expect([failed.status, failed.headers['x-served-from-cache']]).toEqual([404, undefined])
    await ask(bank)
    const again = await ask(bank, { action: 'CREATE' })
    expect([again.status, again.headers['x-served-from-cache']]).toEqual([404, 'true'])
    expect((await ask(bank, { action: 'CREATE', key: 'k-2' })).status).toBe(200)
  })

  it('is refused beyond 50 characters', async () => {
    const bank = aBank()
    expect((await ask(bank, { key: 'k'.repeat(50) })).status).toBe(200)
    const long = await ask(bank, { key: 'k'.repeat(51), body: { transferCode: 'tr-2' } })
    expect(long.status).toBe(400)
    expect(bank.books().transfers).toHaveLength(1)
  })

  it('answers 425 while the first request is under way, then the first answer', async () => {
    const bank = aBank()
    await fault(bank, { on: 'prepare', do: 'delay', ms: 1_000, times: 1 })
    const first = ask(bank)
    const early = await ask(bank)
    expect([early.status, codeOf(early)]).toEqual([425, 'error.msg.command.under.processing'])
    await bank.clock.advance(1_000)
    expect((await ask(bank)).text).toBe((await first).text)
  })

  it('lets twenty requests at once do the thing once', async () => {
    const bank = aBank()
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(bank)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 425]))
    expect(bank.books().currencies['KES']?.held).toBe('-103.40')
  })

  it('keeps twenty requests of one transfer code without keys to one hold', async () => {
    const bank = aBank()
    const path = '/interoperation/transfers?action=PREPARE'
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => bank.api('POST', path, aTransfer())),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([
      200,
      ...Array<number>(19).fill(403),
    ])
  })
})

describe('faults', () => {
  it('answer an error before anything is done', async () => {
    const bank = aBank()
    await fault(bank, { on: 'prepare', do: 'error', times: 1, status: 503 })
    expect((await ask(bank)).status).toBe(503)
    expect(bank.books().transfers).toEqual([])
    expect((await ask(bank)).status).toBe(200)
  })

  it('hang after the commit, and the same key gets the answer that was lost', async () => {
    const bank = aBank()
    await fault(bank, { on: 'create-payer', do: 'commit-then-hang', times: 1, ms: 5_000 })
    await ask(bank)
    const lost = ask(bank, { action: 'CREATE' })
    await bank.clock.advance(4_999)
    expect(bank.books().transfers).toMatchObject([{ state: 'COMMITTED' }])
    const again = await ask(bank, { action: 'CREATE' })
    expect([again.status, again.headers['x-served-from-cache']]).toEqual([200, 'true'])
    await bank.clock.advance(1)
    expect((await lost).status).toBe(0)
  })

  it('keep silent without doing anything, and without blocking the key', async () => {
    const bank = aBank()
    await fault(bank, { on: 'prepare', do: 'silence', times: 1 })
    const silent = ask(bank)
    expect((await ask(bank)).status).toBe(200)
    bank.bank.close()
    expect((await silent).status).toBe(0)
  })

  it('withhold the approval of a checker: 200, and nothing done', async () => {
    const bank = aBank()
    await fault(bank, { on: 'prepare', do: 'not-approved', times: 1 })
    const { status, body } = await ask(bank)
    expect(status).toBe(200)
    expect(body).toMatchObject({ rollbackTransaction: true })
    expect(body).not.toHaveProperty('transferCode')
    expect(bank.books().transfers).toEqual([])
  })

  it('tell the payer from the payee', async () => {
    const bank = aBank()
    await fault(bank, { on: 'create-payee', do: 'error' })
    await ask(bank)
    expect((await ask(bank, { action: 'CREATE' })).status).toBe(200)
    const body = { transactionRole: 'PAYEE', accountId: 'ibis-2-KES' }
    expect((await ask(bank, { action: 'CREATE', key: 'k-2', body })).status).toBe(500)
  })

  it('reach reads too', async () => {
    const bank = aBank()
    await fault(bank, { on: 'find-party', do: 'error', times: 1 })
    const path = '/interoperation/parties/MSISDN/254730000001'
    expect((await bank.api('GET', path)).status).toBe(500)
    expect((await bank.api('GET', path)).status).toBe(200)
  })
})
