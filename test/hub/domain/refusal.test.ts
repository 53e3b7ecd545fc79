import { describe, expect, it } from '@jest/globals'
import {
  isRefusal,
  reasonCodes,
  refusal,
  refusalOfCode,
  type Stage,
} from '../../../hub/domain/refusal.ts'

describe('refusalOfCode', () => {
  it.each<[Stage, string, string]>([
    ['lookup', '3204', 'payee-not-found'],
    ['lookup', '2001', 'payee-fsp-unavailable'],
    ['lookup', '9999', 'payee-not-found'],
    ['quote', '5400', 'payee-blocked'],
    ['quote', '5106', 'payee-currency-not-held'],
    ['quote', '2000', 'payee-fsp-unavailable'],
    ['quote', '5999', 'payee-refused-quote'],
    ['transfer', '4200', 'payer-fsp-limit'],
    ['transfer', '4001', 'payer-fsp-liquidity'],
    ['transfer', '3303', 'transfer-expired'],
    ['transfer', '5999', 'payee-refused-transfer'],
  ])('at %s reads %s as %s, and keeps the code', (stage, errorCode, reason) => {
    expect(refusalOfCode(stage, errorCode, 'words')).toMatchObject({ reason, errorCode })
  })
})

describe('refusal', () => {
  it('has the FSPIOP code of its reason: four digits, none of them invented', () => {
    for (const code of Object.values(reasonCodes)) expect(code).toMatch(/^[2-5]\d{3}$/)
    expect(isRefusal(refusal('quote-expired', 'late'))).toBe(true)
    expect(isRefusal({ reason: 'quote-expired' })).toBe(false)
  })
})
