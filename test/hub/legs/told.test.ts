import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import type { SwitchCallback } from '../../../hub/connector.ts'
import type { InboxRow } from '../../../hub/store/store.ts'
import { isUnknownToSwitch, judgePayee, judgePayer } from '../../../hub/legs/told.ts'

const preimage = Buffer.alloc(32, 1)
const fulfilment = preimage.toString('base64url')
const condition = createHash('sha256').update(preimage).digest('base64url')
const expiresAt = 1_000_000
const clockSkewMsMax = 2_000
const view = { condition, expiresAt, clockSkewMsMax, asked: false }

type Telling = { readonly answeredAt?: number; readonly receivedAt?: number }

function row(
  callback: { readonly kind: string; readonly [key: string]: unknown },
  { answeredAt = 1, receivedAt = 1 }: Telling = {},
): InboxRow {
  const told = { source: 'switch', answeredAt, ...callback } as SwitchCallback
  return { id: '1', fspId: 'heron', receivedAt, callback: told }
}

const state = (word: string, extra: object = {}, when?: Telling) =>
  row({ kind: 'transfer-told', transferId: 't', state: word, ...extra }, when)
const error = (errorCode: string, when?: Telling) =>
  row(
    { kind: 'transfer-refused', transferId: 't', error: { errorCode, description: 'words' } },
    when,
  )

describe("the payer's table", () => {
  it('COMMITTED, fulfilment fits the condition: decide commit', () => {
    expect(judgePayer([state('COMMITTED', { fulfilment })], view)).toEqual({
      verdict: 'commit',
      fulfilment,
    })
  })

  it('COMMITTED, fulfilment missing: ask again', () => {
    expect(judgePayer([state('COMMITTED')], view).verdict).toBe('open')
  })

  it('COMMITTED, fulfilment wrong, also when asked again: dispute, hold kept', () => {
    const wrong = state('COMMITTED', { fulfilment: Buffer.alloc(32, 2).toString('base64url') })
    expect(judgePayer([wrong], { ...view, asked: true }).verdict).toBe('open')
    expect(judgePayer([wrong, wrong], { ...view, asked: false }).verdict).toBe('open')
    expect(judgePayer([wrong, wrong], { ...view, asked: true }).verdict).toBe('dispute')
  })

  it('COMMITTED without, then with the fulfilment: decide commit', () => {
    const rows = [state('COMMITTED'), state('COMMITTED'), state('COMMITTED', { fulfilment })]
    expect(judgePayer(rows, { ...view, asked: true }).verdict).toBe('commit')
  })

  it('ABORTED: decide release, for the reason that an error gave before', () => {
    expect(judgePayer([error('4200'), state('ABORTED')], view)).toMatchObject({
      verdict: 'release',
      refusal: { reason: 'payer-fsp-limit', errorCode: '4200' },
    })
  })

  it.each(['RECEIVED', 'RESERVED'])('%s in any callback is not an answer', (word) => {
    expect(judgePayer([state(word, { fulfilment })], view).verdict).toBe('open')
  })

  it('no answer: ask', () => {
    expect(judgePayer([], view)).toEqual({ verdict: 'open' })
  })

  it.each(['5105', '4001', '3303', '2001', '3100', '1001'])(
    'error %s never releases: it is a hint to ask',
    (code) => {
      expect(
        judgePayer([error(code), error(code), error(code)], { ...view, asked: true }).verdict,
      ).toBe('open')
    },
  )

  it.each(['3106', '2003'])(
    'error %s to a repeated POST is not an outcome, and no reason either',
    (code) => {
      expect(judgePayer([error(code)], view)).toEqual({ verdict: 'open' })
    },
  )

  it('3208, both clocks past expiration and skew: decide release', () => {
    const late = { answeredAt: expiresAt + 1, receivedAt: expiresAt + clockSkewMsMax + 1 }
    expect(judgePayer([error('3208', late)], view)).toMatchObject({
      verdict: 'release',
      refusal: { reason: 'transfer-expired', errorCode: '3303' },
    })
  })

  it.each([
    { answeredAt: expiresAt, receivedAt: expiresAt + clockSkewMsMax + 1 },
    { answeredAt: expiresAt + 1, receivedAt: expiresAt + clockSkewMsMax },
    { answeredAt: 1, receivedAt: 1 },
  ])('3208 stamped %o proves nothing', (when) => {
    expect(judgePayer([error('3208', when)], view).verdict).toBe('open')
  })

  it('3208 after COMMITTED without fulfilment proves nothing', () => {
    const late = { answeredAt: expiresAt + 1, receivedAt: expiresAt + clockSkewMsMax + 1 }
    expect(judgePayer([state('COMMITTED'), error('3208', late)], view).verdict).toBe('open')
  })

  it.each([
    ['COMMITTED without proof, then 3208', [state('COMMITTED'), 'absent']],
    ['COMMITTED without proof, and ABORTED', [state('COMMITTED'), state('ABORTED')]],
    ['RESERVED, then 3208', [state('RESERVED'), 'absent']],
  ] as const)('%s: ask again; then a person, and nothing is released', (_, told) => {
    const late = { answeredAt: expiresAt + 1, receivedAt: expiresAt + clockSkewMsMax + 1 }
    const rows = told.map((each) => (each === 'absent' ? error('3208', late) : each))
    expect(judgePayer(rows, view).verdict).toBe('open')
    expect(judgePayer(rows, { ...view, asked: true }).verdict).toBe('dispute')
    const proof = state('COMMITTED', { fulfilment })
    expect(judgePayer([...rows, proof], { ...view, asked: true }).verdict).toBe('commit')
  })

  it('ABORTED, then forgotten (3208): decide release', () => {
    const late = { answeredAt: expiresAt + 1, receivedAt: expiresAt + clockSkewMsMax + 1 }
    const rows = [state('RESERVED'), state('ABORTED'), error('3208', late)]
    expect(judgePayer(rows, { ...view, asked: true }).verdict).toBe('release')
  })

  it("names a switch's complaint about the fulfilment by what it is", () => {
    const invalid = row({
      kind: 'transfer-refused',
      transferId: 't',
      error: { errorCode: '3100', description: 'invalid fulfilment' },
    })
    expect(judgePayer([invalid, state('ABORTED')], view)).toMatchObject({
      refusal: { reason: 'wrong-fulfilment' },
    })
  })
})

describe("the payee's rules", () => {
  it('credits on COMMITTED only', () => {
    expect(judgePayee([state('COMMITTED')])).toBe('credit')
    expect(judgePayee([state('RESERVED')])).toBe('open')
  })

  it('drops on ABORTED only, never on an error', () => {
    expect(judgePayee([state('ABORTED')])).toBe('drop')
    expect(judgePayee([error('3303'), error('3100'), error('3208')])).toBe('open')
  })

  it('neither credits nor drops what is said to be both', () => {
    expect(judgePayee([state('ABORTED'), state('COMMITTED')])).toBe('dispute')
  })

  it('knows when the switch does not know the transfer, past expiration and skew', () => {
    const late = { answeredAt: expiresAt + 1, receivedAt: expiresAt + clockSkewMsMax + 1 }
    expect(isUnknownToSwitch([error('3208', late)], view)).toBe(true)
    expect(isUnknownToSwitch([error('3208')], view)).toBe(false)
    expect(isUnknownToSwitch([error('3208', late), state('RESERVED')], view)).toBe(false)
  })
})
