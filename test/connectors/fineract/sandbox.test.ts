import { describe, expect, it } from '@jest/globals'
import { createFineractConnector } from '../../../connectors/fineract/connector.ts'
import { fineractConfigSchema } from '../../../connectors/fineract/config.ts'
import { OutcomeUnknown, Unavailable, type LedgerMove } from '../../../hub/connector.ts'
import { moneyOf } from '../../../hub/domain/money.ts'
import type { PartyId } from '../../../hub/domain/party.ts'
import { NoResponse, NotSent, type HttpClient } from '../../../hub/http.ts'
import { createBank } from '../../../sandbox/bank/bank.ts'
import { readBankSeed } from '../../../sandbox/seed.ts'
import { openStore } from '../../../sandbox/store.ts'
import { ledgerContract, type LedgerUnderTest } from '../../contract/ledger-connector.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { quiet } from '../fake-http.ts'

const customer = (n: number): PartyId => ({ type: 'MSISDN', identifier: `25473000000${n}` })

/** The connector in front of ibis, the bank with two currencies, without a socket between them. */
function ibis() {
  const store = openStore(':memory:')
  const bank = createBank(readBankSeed('ibis'), { clock: createFakeClock(), store })
  let lost = 0
  const http: HttpClient = {
    send: async ({ method, url, headers, bytes }) => {
      const { pathname, search } = new URL(url)
      const body = bytes ?? new Uint8Array()
      const response = await bank.route({ method, path: pathname + search, headers, bytes: body })
      if (method === 'POST' && lost-- > 0) throw new NoResponse('lost')
      lost = Math.max(lost, 0)
      if (response.status === 0) throw new NoResponse('hung up')
      return response
    },
  }
  const config = fineractConfigSchema.parse({
    url: 'http://ibis.test/fineract-provider/api/v1',
    tenantId: 'ibis',
    auth: { kind: 'basic', username: 'mifos', password: 'password' },
    suspense: { officeId: '1', suspenseGlAccountId: '3', settlementGlAccountId: '6' },
  })
  const ledger = createFineractConnector(config, { http, clock: createFakeClock(), log: quiet })
  const underTest: LedgerUnderTest = {
    ledger,
    customer: customer(1),
    frozen: customer(7),
    penniless: customer(8),
    nobody: customer(9),
    availableOf: async ({ type, identifier }) => {
      const account = bank.core.findParty({ idType: type, idValue: identifier, subId: '' })
      if (account === undefined) throw new Error('no such customer')
      return { minorUnits: account.balance - account.held, currency: account.currency }
    },
    loseNextAnswer: () => {
      lost = 1
    },
    close: async () => {
      bank.close()
      store.close()
    },
  }
  return { ...underTest, bank }
}

ledgerContract('Fineract, as the sandbox bank plays it', async () => ibis())

describe('the suspense book', () => {
  it('holds once what the scheme has committed and the customer did not pay', async () => {
    const { ledger, bank } = ibis()
    const move: LedgerMove = {
      transferId: '0a6e2a3e-8f6b-4c54-9d7c-0f6b4f3c2a11',
      accountId: '',
      amount: moneyOf({ amount: '10.5', currency: 'KES' }),
      fee: moneyOf({ amount: '1', currency: 'KES' }),
      idempotencyKey: 'suspend:0a6e2a3e-8f6b-4c54-9d7c-0f6b4f3c2a11',
    }
    const suspense = () => bank.books().currencies['KES']?.suspense
    expect(await ledger.suspend(move, 'payer')).toBe('done')
    expect(await ledger.suspend(move, 'payer')).toBe('done')
    expect(suspense()).toMatch(/^-?10\.50?$/)
    expect(await ledger.unsuspend({ ...move, idempotencyKey: 'k2' }, 'payer')).toBe('done')
    expect(suspense()).toMatch(/^0(\.00)?$/)
  })
})

describe('a Fineract with faults', () => {
  const reserveAt = async (fault: object) => {
    const { ledger, bank } = ibis()
    const account = await ledger.findAccount(customer(1), 'KES', 'payer')
    const request = {
      method: 'PUT',
      path: '/lab/faults',
      headers: {},
      bytes: Buffer.from(JSON.stringify(fault)),
    }
    expect(bank.faults.route(request).status).toBe(200)
    const move: LedgerMove = {
      transferId: '0a6e2a3e-8f6b-4c54-9d7c-0f6b4f3c2a11',
      accountId: 'kind' in account ? '' : account.accountId,
      amount: moneyOf({ amount: '10', currency: 'KES' }),
      fee: moneyOf({ amount: '1', currency: 'KES' }),
      idempotencyKey: 'k1',
    }
    return { ledger, move }
  }

  it('that waits for a checker has an unknown outcome, which is nothing', async () => {
    const { ledger, move } = await reserveAt({ on: 'prepare', do: 'not-approved', times: 1 })
    await expect(ledger.reserve(move)).rejects.toThrow(OutcomeUnknown)
    expect(await ledger.outcome(move, 'payer')).toBe('nothing')
  })

  it.each([
    [500, OutcomeUnknown],
    [503, OutcomeUnknown],
    [425, OutcomeUnknown],
    [429, Unavailable],
  ])('that answers %i', async (status, failure) => {
    const { ledger, move } = await reserveAt({ on: 'prepare', do: 'error', times: 1, status })
    await expect(ledger.reserve(move)).rejects.toThrow(failure)
    expect(await ledger.reserve(move)).toBe('done')
  })

  it('pays from the account in the currency that is asked for', async () => {
    const { ledger } = ibis()
    const [kes, ugx] = [
      await ledger.findAccount(customer(1), 'KES', 'payer'),
      await ledger.findAccount(customer(1), 'UGX', 'payer'),
    ]
    expect(ugx).toMatchObject({ currency: 'UGX' })
    expect(ugx).not.toMatchObject({ accountId: 'kind' in kes ? '' : kes.accountId })
  })

  it('that cannot be reached has done nothing', async () => {
    const config = fineractConfigSchema.parse({
      url: 'http://ibis.test/fineract-provider/api/v1',
      tenantId: 'ibis',
      auth: { kind: 'basic', username: 'mifos', password: 'password' },
    })
    const http: HttpClient = { send: async () => Promise.reject(new NotSent('refused')) }
    const ledger = createFineractConnector(config, { http, clock: createFakeClock(), log: quiet })
    await expect(ledger.findParty(customer(1))).rejects.toThrow(Unavailable)
  })
})
