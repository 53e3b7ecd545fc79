import { describe, expect, it } from '@jest/globals'
import { OutcomeUnknown, Unavailable, type LedgerConnector } from '../../../hub/connector.ts'
import { moneyOf, noMoney } from '../../../hub/domain/money.ts'
import { NoResponse, NotSent } from '../../../hub/http.ts'
import {
  accepted,
  answer,
  coreAnswering,
  errorAnswer,
  move,
  movement,
  movements,
  readOutcome,
  transferId,
  type Answers,
} from './support.ts'

const line = (action: string) => `POST /interoperation/transfers?action=${action}`

const moves = {
  reserve: ['PREPARE', (core: LedgerConnector) => core.reserve(move)],
  commit: ['CREATE', (core: LedgerConnector) => core.commit(move)],
  release: ['RELEASE', (core: LedgerConnector) => core.release(move)],
  credit: ['CREATE', (core: LedgerConnector) => core.credit({ ...move, fee: noMoney('KES') })],
} as const

type Name = keyof typeof moves
const names: readonly Name[] = ['reserve', 'commit', 'release', 'credit']

/** Makes a move at a core that answers as told, and whose account then shows the movements. */
function make(name: Name, told: Answers[string], listed: readonly string[] = []) {
  const [action, call] = moves[name]
  const { core, lines } = coreAnswering({
    [line(action)]: told,
    [readOutcome]: movements(...listed),
  })
  return { done: call(core), lines }
}

const swapped = [
  'error.msg.interop.transfer.already.on.hold',
  'error.msg.interop.transfer.already.committed',
]
const holdMissing = errorAnswer(404, 'error.msg.interop.onhold.transfer.missing')
const insufficient = errorAnswer(
  403,
  'error.msg.savingsaccount.transaction.insufficient.account.balance',
)
const notAllowed = errorAnswer(403, 'error.msg.interop.transaction.not.allowed')

const held = movement('amountHold')
const released = movement('amountHold', ',"releaseTransactionId":13')
const withdrawn = [released, movement('withdrawal')]

describe('a move', () => {
  it.each(names)('is done when Fineract accepts it: %s', async (name) => {
    const { done, lines } = make(name, accepted)
    expect(await done).toBe('done')
    expect(lines()).toHaveLength(1)
  })

  it('sends exact numbers, one code for the whole transfer, and the key of the attempt', async () => {
    const { core, http } = coreAnswering({
      [line('PREPARE')]: accepted,
      [line('CREATE')]: accepted,
    })
    await core.reserve(move)
    await core.commit(move)
    const [prepare, create] = http.sent
    expect(Buffer.from(prepare?.bytes ?? []).toString()).toBe(
      `{"transactionCode":"${transferId}","transferCode":"${transferId}","accountId":"ACC-7",` +
        `"amount":{"amount":10.5,"currency":"KES"},"fspFee":{"amount":0.1,"currency":"KES"},` +
        `"transactionRole":"PAYER","note":"${transferId}"}`,
    )
    expect(create?.bytes).toEqual(prepare?.bytes)
    expect(prepare?.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': move.idempotencyKey,
    })
  })

  it('credits a payee without a fee', async () => {
    const { core, http } = coreAnswering({ [line('CREATE')]: accepted })
    await core.credit({ ...move, fee: noMoney('KES') })
    expect(JSON.parse(Buffer.from(http.sent[0]?.bytes ?? []).toString())).toEqual({
      transactionCode: transferId,
      transferCode: transferId,
      accountId: 'ACC-7',
      amount: { amount: 10.5, currency: 'KES' },
      transactionRole: 'PAYEE',
      note: transferId,
    })
  })

  it('is not sent with a key that Fineract’s column cannot hold', async () => {
    const { core, http } = coreAnswering({})
    await expect(core.reserve({ ...move, idempotencyKey: 'x'.repeat(51) })).rejects.toThrow(
      'more than 50 characters',
    )
    expect(http.sent).toEqual([])
  })

  it.each(names)('surely did not happen when nothing left, or at the door: %s', async (name) => {
    for (const told of [
      new NotSent('refused'),
      answer(429, ''),
      answer(401, ''),
      answer(407, ''),
    ]) {
      await expect(make(name, told).done).rejects.toThrow(Unavailable)
    }
  })

  it.each(names)('has an unknown outcome after every other failure: %s', async (name) => {
    const unknown = [
      new NoResponse('reset'),
      ...[408, 409, 425, 500, 502, 503, 504, 301, 100].map((status) => answer(status, '')),
      answer(200, ''),
      answer(200, '<html>'),
      answer(200, '{"commandId":5,"rollbackTransaction":true}'),
      answer(200, `{"transferCode":"${transferId}"}`),
      answer(200, `{"transferCode":"${transferId}","state":"REJECTED"}`),
      answer(200, '{"transferCode":"another","state":"ACCEPTED"}'),
      answer(204, ''),
    ]
    for (const told of unknown) {
      await expect(make(name, told).done).rejects.toThrow(OutcomeUnknown)
    }
  })

  it.each(names)('has an unknown outcome when the no cannot be looked into: %s', async (name) => {
    const [action, call] = moves[name]
    const { core } = coreAnswering({ [line(action)]: insufficient })
    await expect(call(core)).rejects.toThrow(OutcomeUnknown)
  })

  it('never tells whom a no is about', async () => {
    const refused = await make('reserve', errorAnswer(403, 'error.msg.odd')).done
    expect(refused).toEqual({
      kind: 'refusal',
      reason: 'core-refused',
      errorCode: '2001',
      description: 'the core answered 403 error.msg.odd',
    })
  })

  it('is refused when the no is not in Fineract’s words', async () => {
    expect(await make('reserve', answer(400, '<html>')).done).toMatchObject({
      reason: 'core-refused',
      description: 'the core answered 400',
    })
  })
})

describe('PREPARE', () => {
  it.each([
    [insufficient, 'payer-insufficient-funds'],
    [notAllowed, 'payer-blocked'],
    [errorAnswer(403, 'error.msg.saving.account.blocked.transaction.not.allowed'), 'payer-blocked'],
    [errorAnswer(403, 'error.msg.accounttransfer.different.currencies'), 'payer-currency-not-held'],
    [errorAnswer(404, 'error.msg.saving.account.id.invalid'), 'payer-not-found'],
    [errorAnswer(400, 'error.msg.parameter.unsupported'), 'core-refused'],
    [errorAnswer(418, 'error.msg.never.heard.of'), 'core-refused'],
  ])('is refused by its code (%#)', async (told, reason) => {
    expect(await make('reserve', told).done).toMatchObject({ kind: 'refusal', reason })
  })

  it.each(swapped)('of a transfer that is held already is done: %s', async (code) => {
    expect(await make('reserve', errorAnswer(403, code), [held]).done).toBe('done')
  })

  it.each(swapped)('of a transfer that was held once is not believed: %s', async (code) => {
    await expect(make('reserve', errorAnswer(403, code), [released]).done).rejects.toThrow(
      OutcomeUnknown,
    )
    await expect(make('reserve', errorAnswer(403, code), []).done).rejects.toThrow(OutcomeUnknown)
  })

  it('of a transfer that is booked already is done', async () => {
    const told = errorAnswer(403, swapped[0] ?? '')
    expect(await make('reserve', told, withdrawn).done).toBe('done')
  })

  it('is done when its own hold is why the rest does not suffice any more', async () => {
    expect(await make('reserve', insufficient, [held]).done).toBe('done')
  })
})

describe('CREATE', () => {
  it.each(swapped)('of a transfer that is booked already is done: %s', async (code) => {
    expect(await make('commit', errorAnswer(403, code), withdrawn).done).toBe('done')
    expect(await make('credit', errorAnswer(403, code), [movement('deposit')]).done).toBe('done')
    expect(await make('commit', errorAnswer(403, code)).done).toBe('done')
  })

  it.each(swapped)('of a transfer that is still held is not believed: %s', async (code) => {
    await expect(make('commit', errorAnswer(403, code), [held]).done).rejects.toThrow(
      OutcomeUnknown,
    )
  })

  it('is done when the account shows the booking, whatever the no says', async () => {
    expect(await make('commit', holdMissing, withdrawn).done).toBe('done')
    expect(await make('credit', notAllowed, [movement('deposit')]).done).toBe('done')
  })

  it('is refused without its hold', async () => {
    for (const listed of [[], [released], [held]]) {
      expect(await make('commit', holdMissing, listed).done).toMatchObject({
        reason: 'core-refused',
        description: 'the core answered 404 error.msg.interop.onhold.transfer.missing',
      })
    }
  })

  it('is refused to a payee that may not receive', async () => {
    expect(await make('credit', notAllowed).done).toMatchObject({ reason: 'payee-blocked' })
    const gone = errorAnswer(404, 'error.msg.saving.account.id.invalid')
    expect(await make('credit', gone).done).toMatchObject({ reason: 'payee-not-found' })
  })
})

describe('RELEASE', () => {
  it('of a hold that is gone is done', async () => {
    expect(await make('release', holdMissing, [released]).done).toBe('done')
    expect(await make('release', holdMissing, []).done).toBe('done')
  })

  it('of a booked transfer is a broken assumption', async () => {
    const done = make('release', holdMissing, withdrawn).done
    await expect(done).rejects.toThrow('the core has booked what was to be released')
    await expect(done).rejects.not.toThrow(OutcomeUnknown)
  })

  it('is refused while the hold lives, so that the next try gets a key of its own', async () => {
    expect(await make('release', holdMissing, [held]).done).toMatchObject({
      reason: 'core-refused',
    })
  })

  it('is refused to an account that may not move, when its hold cannot be seen', async () => {
    expect(await make('release', notAllowed, []).done).toMatchObject({ reason: 'payer-blocked' })
  })
})

describe('the outcome', () => {
  const outcome = (role: 'payer' | 'payee', ...listed: readonly string[]) =>
    coreAnswering({ [readOutcome]: movements(...listed) }).core.outcome(move, role)

  it.each([
    ['nothing', []],
    ['held', [held]],
    ['held', [movement('amountHold', ',"releaseTransactionId":0')]],
    ['released', [released]],
    ['booked', withdrawn],
    ['booked', [movement('withdrawal')]],
    ['released', [released, movement('withdrawal').replace('"reversed":false', '"reversed":true')]],
    ['nothing', [movement('amountHold', '', 'another'), movement('withdrawal', '', 'another')]],
    ['nothing', [movement('deposit')]],
    ['nothing', [movement('feeDeduction')]],
  ])('for a payer is %s', async (expected, listed) => {
    expect(await outcome('payer', ...listed)).toBe(expected)
  })

  it.each([
    ['nothing', []],
    ['booked', [movement('deposit')]],
    ['nothing', [movement('deposit').replace('"reversed":false', '"reversed":true')]],
    ['nothing', [movement('withdrawal'), held]],
    ['nothing', [movement('deposit', '', 'another')]],
  ])('for a payee is %s', async (expected, listed) => {
    expect(await outcome('payee', ...listed)).toBe(expected)
  })

  it('is read from the account, never from interoperation, which always says null', async () => {
    const { core, lines } = coreAnswering({ [readOutcome]: movements() })
    await core.outcome(move, 'payer')
    expect(lines()).toEqual([readOutcome])
  })

  it.each([
    new NoResponse('reset'),
    new NotSent('refused'),
    answer(404, ''),
    answer(500, ''),
    answer(200, '{}'),
  ])('can be asked again when it cannot be read (%#)', async (failing) => {
    const { core } = coreAnswering({ [readOutcome]: failing })
    await expect(core.outcome(move, 'payer')).rejects.toThrow(Unavailable)
  })
})

describe('the price', () => {
  const quoteLine = 'POST /interoperation/quotes'
  const question = {
    accountId: 'ACC-7',
    role: 'payer',
    amount: moneyOf({ amount: '10.50', currency: 'KES' }),
    amountType: 'SEND',
    transferId,
  } as const
  const price = (told: Answers[string], role: 'payer' | 'payee' = 'payer') =>
    coreAnswering({ [quoteLine]: told }).core.price({ ...question, role })

  it.each([
    ['"fspFee":{"amount":5.000000,"currency":"KES"}', '5'],
    ['"fspFee":{"amount":0.05,"currency":"KES"}', '0.05'],
    ['"fspFee":{"amount":1.25E+2,"currency":"KES"}', '125'],
    ['"fspFee":null', '0'],
    ['"fspCommission":null', '0'],
  ])('is what Fineract says: %s', async (fee, amount) => {
    expect(await price(answer(200, `{"state":"ACCEPTED",${fee}}`))).toEqual({
      fee: moneyOf({ amount, currency: 'KES' }),
    })
  })

  it('is asked with exact numbers and no more than Fineract knows', async () => {
    const { core, http } = coreAnswering({ [quoteLine]: answer(200, '{"state":"ACCEPTED"}') })
    await core.price(question)
    expect(Buffer.from(http.sent[0]?.bytes ?? []).toString()).toBe(
      `{"transactionCode":"${transferId}","quoteCode":"${transferId}","accountId":"ACC-7",` +
        '"amount":{"amount":10.5,"currency":"KES"},"amountType":"SEND","transactionRole":"PAYER",' +
        '"transactionType":{"scenario":"TRANSFER","initiator":"PAYER","initiatorType":"CONSUMER"}}',
    )
    expect(http.sent[0]?.headers['idempotency-key']).toBeUndefined()
  })

  it('is refused to a payer without the balance, and to a blocked account of either', async () => {
    const withFee = errorAnswer(
      403,
      'error.msg.savingsaccount.transaction.insufficient.account.balance.withdraw',
    )
    expect(await price(withFee)).toMatchObject({ reason: 'payer-insufficient-funds' })
    expect(await price(notAllowed)).toMatchObject({ reason: 'payer-blocked' })
    expect(await price(notAllowed, 'payee')).toMatchObject({ reason: 'payee-blocked' })
  })

  it.each([
    new NoResponse('reset'),
    answer(500, ''),
    answer(200, '{"state":"REJECTED"}'),
    answer(200, '{"state":"ACCEPTED","fspFee":{"amount":0.005,"currency":"KES"}}'),
    answer(200, '{"state":"ACCEPTED","fspFee":{"amount":"much","currency":"KES"}}'),
  ])('can be asked again when it cannot be read (%#)', async (told) => {
    await expect(price(told)).rejects.toThrow(Unavailable)
  })
})
