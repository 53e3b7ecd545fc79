import { describe, expect, it } from '@jest/globals'
import { OutcomeUnknown, Unavailable } from '../../../hub/connector.ts'
import { NoResponse, NotSent } from '../../../hub/http.ts'
import { fakeHttp } from '../fake-http.ts'
import { answer, coreAnswering, coreOver, errorAnswer, move, transferId } from './support.ts'

const line = 'POST /journalentries'
const booked = answer(200, '{"officeId":1,"transactionId":"a1b2c3"}')

describe('suspense', () => {
  it.each([
    ['suspend', 'payer', '41', '42'],
    ['unsuspend', 'payer', '42', '41'],
    ['suspend', 'payee', '42', '41'],
    ['unsuspend', 'payee', '41', '42'],
  ] as const)('%s for a %s debits %s and credits %s', async (direction, role, debit, credit) => {
    const { core, http } = coreAnswering({ [line]: booked })
    expect(await core[direction](move, role)).toBe('done')
    expect(Buffer.from(http.sent[0]?.bytes ?? []).toString()).toBe(
      '{"officeId":1,"transactionDate":"2026-01-01","currencyCode":"KES",' +
        `"debits":[{"glAccountId":${debit},"amount":10.5}],` +
        `"credits":[{"glAccountId":${credit},"amount":10.5}],` +
        `"referenceNumber":"${transferId}","comments":"${direction} ${role}",` +
        '"locale":"en","dateFormat":"yyyy-MM-dd"}',
    )
    expect(http.sent[0]?.headers['idempotency-key']).toBe(move.idempotencyKey)
  })

  it('is refused where no account for it is configured', async () => {
    const http = fakeHttp(() => booked)
    const refused = await coreOver(http, { suspense: undefined }).suspend(move, 'payer')
    expect(refused).toMatchObject({ reason: 'core-refused' })
    expect(http.sent).toEqual([])
  })

  it('is refused, unknown or surely not done, as any move', async () => {
    const suspend = (told: Parameters<typeof coreAnswering>[0][string]) =>
      coreAnswering({ [line]: told }).core.suspend(move, 'payer')
    expect(await suspend(errorAnswer(403, 'error.msg.glJournalEntry.invalid'))).toMatchObject({
      reason: 'core-refused',
    })
    await expect(suspend(new NotSent('refused'))).rejects.toThrow(Unavailable)
    await expect(suspend(new NoResponse('reset'))).rejects.toThrow(OutcomeUnknown)
    await expect(suspend(answer(425, ''))).rejects.toThrow(OutcomeUnknown)
    const unchecked = answer(200, '{"commandId":5,"rollbackTransaction":true}')
    await expect(suspend(unchecked)).rejects.toThrow(OutcomeUnknown)
  })
})
