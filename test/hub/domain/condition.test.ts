import { createHash } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { fulfils } from '../../../hub/domain/condition.ts'

const preimage = Buffer.alloc(32, 7)
const fulfilment = preimage.toString('base64url')
const condition = createHash('sha256').update(preimage).digest('base64url')

describe('fulfils', () => {
  it('accepts the preimage of the condition', () => {
    expect(fulfils(fulfilment, condition)).toBe(true)
  })

  it('refuses every single flipped bit', () => {
    for (let bit = 0; bit < 256; bit++) {
      const flipped = Buffer.from(preimage)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(fulfils(flipped.toString('base64url'), condition)).toBe(false)
    }
  })

  it('refuses another spelling, another length, and nothing', () => {
    expect(fulfils(`${fulfilment}=`, condition)).toBe(false)
    expect(fulfils(preimage.subarray(0, 31).toString('base64url'), condition)).toBe(false)
    expect(fulfils('', condition)).toBe(false)
  })
})
