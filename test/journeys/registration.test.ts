import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { startVirtualLab, type VirtualLab } from '../support/virtual-lab.ts'
import {
  ask,
  aTransfer,
  expectBooksRight,
  fault,
  mend,
  settle,
  until,
  watchBalance,
  type BankName,
} from '../support/journey.ts'

let lab: VirtualLab

beforeAll(async () => {
  lab = await startVirtualLab()
})
afterEach(async () => {
  for (const party of ['switch', 'weaver'] as const) await mend(lab, party)
  await expectBooksRight(lab)
})
afterAll(() => lab.close())

/** Each customer may have one alias. */
type Wish = { readonly alias: string; readonly n: number; readonly bank?: BankName }

function headersOf(bank: BankName, correlationId?: string): Record<string, string> {
  return {
    'platform-tenantid': bank,
    'x-correlationid': correlationId ?? lab.clock.uuid(),
  }
}

function request({ alias, n, bank = 'weaver' }: Wish, key?: string) {
  return ask(lab, {
    method: 'POST',
    url: `${lab.hub}/channel/partyRegistration`,
    headers: headersOf(bank, key),
    body: {
      accountId: `${bank}-${String(n)}-KES`,
      idType: 'ALIAS',
      idValue: alias,
      currency: 'KES',
    },
  })
}

/** Asks for a registration and sees it through. */
async function register(wish: Wish, maxVirtualMs = 120_000) {
  const { body } = await request(wish)
  const bank = wish.bank ?? 'weaver'
  const url = `${lab.hub}/channel/partyRegistration/${body.registrationId}`
  const read = async () => (await ask(lab, { method: 'GET', url, headers: headersOf(bank) })).body
  await until(lab, async () => (await read()).registrationState !== 'RECEIVED', { maxVirtualMs })
  return read()
}

/** Pays whoever has the alias. */
async function pay(alias: string) {
  const { tenant, body } = aTransfer()
  const payee = { partyIdInfo: { partyIdType: 'ALIAS', partyIdentifier: alias } }
  const url = `${lab.hub}/channel/transfer`
  const headers = headersOf(tenant)
  const answer = await ask(lab, { method: 'POST', url, headers, body: { ...body, payee } })
  return settle(lab, answer.body.transactionId)
}

async function isAtCore(alias: string, bank: BankName = 'weaver'): Promise<boolean> {
  const url = `${lab.banks[bank] ?? ''}/fineract-provider/api/v1/interoperation/parties/ALIAS/${alias}`
  const authorization = `Basic ${Buffer.from('mifos:password').toString('base64')}`
  const headers = { authorization, 'fineract-platform-tenantid': bank }
  return (await ask(lab, { method: 'GET', url, headers })).status === 200
}

describe('an identifier that is registered', () => {
  it('leads to the account: core and directory know it, and money finds it', async () => {
    const changed = await watchBalance(lab, 'weaver', 2)
    expect(await register({ alias: 'amina', n: 2 })).toMatchObject({
      registrationState: 'REGISTERED',
    })
    expect(await isAtCore('amina')).toBe(true)
    expect(await pay('amina')).toMatchObject({ state: 'committed' })
    expect(await changed()).toBe(10_050)
  })

  it('is registered once, however often it is asked for', async () => {
    const first = await request({ alias: 'njeri', n: 1 }, 'registration-1')
    const again = await request({ alias: 'njeri', n: 1 }, 'registration-1')
    expect(again.body).toEqual(first.body)
    expect(await request({ alias: 'someone', n: 1 }, 'registration-1')).toMatchObject({
      status: 409,
    })
    expect(await register({ alias: 'njeri', n: 1 })).toMatchObject({
      registrationState: 'REGISTERED',
    })
  })

  it('stays when it is asked for again in vain', async () => {
    await fault(lab, 'switch', { on: 'post-participants', do: 'silence', forever: true })
    expect(await register({ alias: 'njeri', n: 1 })).toMatchObject({
      registrationState: 'ABORTED',
    })
    expect(await isAtCore('njeri')).toBe(true)
    expect(await pay('njeri')).toMatchObject({ state: 'committed' })
  })

  it('is registered although the directory is silent once', async () => {
    await fault(lab, 'switch', { on: 'post-participants', do: 'silence' })
    expect(await register({ alias: 'wairimu', n: 3 })).toMatchObject({
      registrationState: 'REGISTERED',
    })
    expect(await pay('wairimu')).toMatchObject({ state: 'committed' })
  })
})

describe('both, or neither: an identifier is not left at the core', () => {
  it('when another FSP has it in the directory', async () => {
    expect(await register({ alias: 'otieno', bank: 'heron', n: 2 })).toMatchObject({
      registrationState: 'REGISTERED',
    })
    const late = await register({ alias: 'otieno', n: 4 })
    expect(late).toMatchObject({ registrationState: 'ABORTED', reason: 'identifier-taken' })
    expect(await isAtCore('otieno')).toBe(false)
    expect(await isAtCore('otieno', 'heron')).toBe(true)
    expect(await pay('otieno')).toMatchObject({ state: 'committed' })
  })

  it('when the directory says nothing at all', async () => {
    await fault(lab, 'switch', { on: 'post-participants', do: 'silence', forever: true })
    const silent = await register({ alias: 'akinyi', n: 4 })
    expect(silent).toMatchObject({
      registrationState: 'ABORTED',
      errorInformation: { errorCode: expect.any(String) },
    })
    expect(await isAtCore('akinyi')).toBe(false)
    await mend(lab, 'switch')
    expect(await pay('akinyi')).toMatchObject({ reason: 'payee-not-found' })
  })

  it('when the directory has it, but its answers were all lost', async () => {
    await fault(lab, 'switch', { on: 'post-participants', do: 'delay', ms: 60_000, forever: true })
    const lost = await register({ alias: 'achieng', n: 4 })
    expect(lost).toMatchObject({ registrationState: 'ABORTED' })
    expect(await isAtCore('achieng')).toBe(false)
  })

  it('nor at the directory, when the core refuses', async () => {
    const refused = await register({ alias: 'kamau', n: 99 })
    expect(refused).toMatchObject({ registrationState: 'ABORTED', reason: expect.any(String) })
    expect(await pay('kamau')).toMatchObject({ reason: 'payee-not-found' })
  })

  it('when the core does not answer for a while', async () => {
    await fault(lab, 'weaver', { on: 'register-party', do: 'commit-then-hang' })
    expect(await register({ alias: 'chebet', n: 5 })).toMatchObject({
      registrationState: 'REGISTERED',
    })
    expect(await pay('chebet')).toMatchObject({ state: 'committed' })
  })
})
