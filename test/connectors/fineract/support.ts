import { fineractConfigSchema } from '../../../connectors/fineract/config.ts'
import { createFineractConnector } from '../../../connectors/fineract/connector.ts'
import type { LedgerConnector, LedgerMove } from '../../../hub/connector.ts'
import { moneyOf } from '../../../hub/domain/money.ts'
import type { HttpClient, HttpResponse, OutgoingRequest } from '../../../hub/http.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { fakeHttp, quiet } from '../fake-http.ts'

const base = 'http://core.test/fineract-provider/api/v1'

export const transferId = '0a6e2a3e-8f6b-4c54-9d7c-0f6b4f3c2a11'

/** A payer's move of 10.50 KES with a fee of 0.1. */
export const move: LedgerMove = {
  transferId,
  accountId: 'ACC-7',
  amount: moneyOf({ amount: '10.50', currency: 'KES' }),
  fee: moneyOf({ amount: '0.1', currency: 'KES' }),
  idempotencyKey: 'f2b7c1d0-0d5e-5f5a-8d52-2f0c4a1b9e33',
}

export const config = fineractConfigSchema.parse({
  url: `${base}/`,
  tenantId: 'heron',
  auth: { kind: 'basic', username: 'mifos', password: 'password' },
  suspense: { officeId: '1', suspenseGlAccountId: '41', settlementGlAccountId: '42' },
})

export const coreOver = (http: HttpClient, changes: object = {}): LedgerConnector =>
  createFineractConnector(fineractConfigSchema.parse({ ...config, ...changes }), {
    http,
    clock: createFakeClock(),
    log: quiet,
  })

/** The text of a body, as Fineract would write it: numbers as they stand. */
export function answer(status: number, text: string): HttpResponse {
  return { status, headers: {}, bytes: Buffer.from(text) }
}

/** Fineract's ApiGlobalErrorResponse. */
export function errorAnswer(status: number, code: string): HttpResponse {
  const developerMessage = 'Request was understood but caused a domain rule violation.'
  return answer(
    status,
    JSON.stringify({
      developerMessage,
      httpStatusCode: String(status),
      defaultUserMessage: developerMessage,
      userMessageGlobalisationCode: 'validation.msg.domain.rule.violation',
      errors: [
        {
          developerMessage: 'It is about account 254710000001 of Wanjiku',
          defaultUserMessage: 'It is about account 254710000001 of Wanjiku',
          userMessageGlobalisationCode: code,
          parameterName: 'id',
          args: [{ value: '254710000001' }],
        },
      ],
    }),
  )
}

export type Answers = Readonly<Record<string, HttpResponse | Error>>

/** A core that answers by method and path; what is not in the list is answered 500. */
export function coreAnswering(answers: Answers) {
  const http = fakeHttp((request) => answers[lineOf(request)] ?? answer(500, ''))
  return { core: coreOver(http), http, lines: () => http.sent.map(lineOf) }
}

/** "GET /clients/3" */
export function lineOf({ method, url }: OutgoingRequest): string {
  return `${method} ${url.slice(base.length)}`
}

export const accepted = answer(
  200,
  `{"transactionCode":"${transferId}","transferCode":"${transferId}","state":"ACCEPTED","completedTimestamp":"2026-01-01T00:00:00+0000"}`,
)

export const account = (changes = '') =>
  answer(
    200,
    `{"clientId":3,"accountId":"ACC-7","savingProductId":"1","productName":"Savings","currency":"KES","accountBalance":10000.000000,"availableBalance":10000.000000,"status":"ACTIVE","subStatus":"NONE","accountType":"INDIVIDUAL","activatedOn":[2026,1,1]${changes}}`,
  )

export const clientAccounts = answer(
  200,
  `{"savingsAccounts":[
    {"id":70,"accountNo":"000000070","externalId":"ACC-7","productId":1,"status":{"id":300,"code":"savingsAccountStatusType.active","active":true},"subStatus":{"id":0,"code":"SavingsAccountSubStatusEnum.none","none":true},"currency":{"code":"KES","decimalPlaces":2}},
    {"id":71,"accountNo":"000000071","externalId":"ACC-8","productId":1,"status":{"id":600,"code":"savingsAccountStatusType.closed","active":false},"subStatus":{"id":0,"code":"SavingsAccountSubStatusEnum.none"},"currency":{"code":"UGX","decimalPlaces":0}},
    {"id":72,"accountNo":"000000072","externalId":"ACC-9","productId":1,"status":{"id":300,"code":"savingsAccountStatusType.active","active":true},"currency":{"code":"UGX","decimalPlaces":0}},
    {"id":73,"accountNo":"000000073","externalId":"ACC-10","productId":1,"status":{"id":300,"code":"savingsAccountStatusType.active","active":true},"subStatus":{"id":400,"code":"SavingsAccountSubStatusEnum.block"},"currency":{"code":"TZS","decimalPlaces":2}},
    {"id":74,"accountNo":"000000074","productId":1,"status":{"id":300,"code":"savingsAccountStatusType.active","active":true},"currency":{"code":"USD","decimalPlaces":2}}]}`,
)

/** One movement of the transfer, as GET savingsaccounts/{id} lists it. */
export function movement(
  kind: 'deposit' | 'withdrawal' | 'amountHold' | 'amountRelease' | 'feeDeduction',
  changes = '',
  receipt = transferId,
): string {
  const kinds = ['deposit', 'withdrawal', 'amountHold', 'amountRelease', 'feeDeduction']
  const flags = kinds.map((each) => `"${each}":${String(each === kind)}`).join(',')
  return `{"id":12,"transactionType":{"id":2,"code":"x",${flags}},"accountId":70,"date":[2026,1,1],"paymentDetailData":{"id":4,"routingCode":"INTEROPERATION","receiptNumber":"${receipt}"},"amount":10.600000,"reversed":false${changes}}`
}

export function movements(...listed: readonly string[]): HttpResponse {
  return answer(200, `{"id":70,"accountNo":"000000070","transactions":[${listed.join(',')}]}`)
}

export const readOutcome = 'GET /savingsaccounts/external-id/ACC-7?associations=transactions'
