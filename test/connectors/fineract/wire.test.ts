import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import nock from 'nock'
import { createFineractConnector } from '../../../connectors/fineract/connector.ts'
import { createSystemClock } from '../../../hub/clock.ts'
import { OutcomeUnknown } from '../../../hub/connector.ts'
import { createHttpClient } from '../../../hub/http-client.ts'
import { quiet } from '../fake-http.ts'
import { config, move, transferId } from './support.ts'

/** Over the hub's own HTTP client, against what Fineract's documentation shows on the wire. */
const clock = createSystemClock()
const core = createFineractConnector(config, {
  http: createHttpClient({ clock }),
  clock,
  log: quiet,
})
const fineract = () => nock('http://core.test').matchHeader('fineract-platform-tenantid', 'heron')
const base = '/fineract-provider/api/v1'
const json = { 'Content-Type': 'application/json' }

beforeAll(() => {
  nock.disableNetConnect()
})
afterEach(() => {
  expect(nock.pendingMocks()).toEqual([])
  nock.cleanAll()
})
afterAll(() => {
  nock.enableNetConnect()
})

describe('Fineract on the wire', () => {
  it('leads from an identifier to an account and a name', async () => {
    fineract()
      .get(`${base}/interoperation/parties/MSISDN/27710101999`)
      .reply(200, '{"resourceId":1,"accountId":"9a5b47fe93c7441e90a1"}', json)
      .get(`${base}/interoperation/accounts/9a5b47fe93c7441e90a1`)
      .reply(
        200,
        '{"clientId":1,"accountId":"9a5b47fe93c7441e90a1","savingProductId":"1","productName":"Savings","shortProductName":"SP","currency":"TZS","accountBalance":10000.000000,"availableBalance":10000.000000,"status":"ACTIVE","subStatus":"NONE","accountType":"INDIVIDUAL","depositType":"SAVINGS_DEPOSIT","activatedOn":[2020,1,1],"statusUpdateOn":[2020,1,1],"balanceOn":[2020,1,1],"identifiers":[{"idType":"MSISDN","idValue":"27710101999"}]}',
        json,
      )
      .get(`${base}/clients/1`)
      .reply(
        200,
        '{"id":1,"accountNo":"000000001","status":{"id":300,"code":"clientStatusType.active","value":"Active"},"active":true,"activationDate":[2020,1,1],"firstname":"Grace","lastname":"Achieng\\u2019","displayName":"Grace Achieng\\u2019","officeId":1}',
        json,
      )
    const party = { type: 'MSISDN', identifier: '27710101999' } as const
    expect(await core.findAccount(party, 'TZS', 'payer')).toEqual({
      accountId: '9a5b47fe93c7441e90a1',
      currency: 'TZS',
      party: { firstName: 'Grace', lastName: 'Achieng’', displayName: 'Grace Achieng’' },
    })
  })

  it('prepares a transfer with the very bytes that were meant', async () => {
    const bodies: string[] = []
    fineract()
      .post(`${base}/interoperation/transfers`, (body: unknown) => {
        bodies.push(JSON.stringify(body))
        return true
      })
      .query({ action: 'PREPARE' })
      .matchHeader('idempotency-key', move.idempotencyKey)
      .matchHeader('content-type', 'application/json')
      .matchHeader('authorization', 'Basic bWlmb3M6cGFzc3dvcmQ=')
      .reply(
        200,
        `{"transactionCode":"${transferId}","state":"ACCEPTED","transferCode":"${transferId}","completedTimestamp":"2026-01-01T10:00:00+0000"}`,
        { ...json, 'x-served-from-cache': 'true' },
      )
    expect(await core.reserve(move)).toBe('done')
    expect(JSON.parse(bodies[0] ?? '')).toMatchObject({
      transferCode: transferId,
      amount: { amount: 10.5, currency: 'KES' },
    })
  })

  it('refuses a payer without the balance', async () => {
    fineract()
      .post(`${base}/interoperation/transfers`)
      .query({ action: 'PREPARE' })
      .reply(
        403,
        '{"developerMessage":"Request was understood but caused a domain rule violation.","httpStatusCode":"403","defaultUserMessage":"Errors contain reason for domain rule violation.","userMessageGlobalisationCode":"validation.msg.domain.rule.violation","errors":[{"developerMessage":"Insufficient account balance.","defaultUserMessage":"Insufficient account balance.","userMessageGlobalisationCode":"error.msg.savingsaccount.transaction.insufficient.account.balance","parameterName":"id","value":null,"args":[{"value":"ACC-7"},{"value":0.000000},{"value":null},{"value":10.600000}]}]}',
        json,
      )
      .get(`${base}/savingsaccounts/external-id/ACC-7`)
      .query({ associations: 'transactions' })
      .reply(200, '{"id":70,"accountNo":"000000070","transactions":[]}', json)
    expect(await core.reserve(move)).toMatchObject({ reason: 'payer-insufficient-funds' })
  })

  it('leaves the outcome unknown behind a gateway that gave up', async () => {
    fineract()
      .post(`${base}/interoperation/transfers`)
      .query({ action: 'CREATE' })
      .reply(502, '<html>Bad gateway</html>', { 'Content-Type': 'text/html' })
    await expect(core.commit(move)).rejects.toThrow(OutcomeUnknown)
  })
})
