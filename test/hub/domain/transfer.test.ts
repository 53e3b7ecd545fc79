import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  fspiopState,
  isFinal,
  nextState,
  type TransferEvent,
  type TransferState,
} from '../../../hub/domain/transfer.ts'

const states: readonly TransferState[] = [
  'received',
  'quoted',
  'reserved',
  'unknown',
  'release-decided',
  'commit-decided',
  'booking-owed',
  'committed',
  'aborted',
]
const events: readonly TransferEvent[] = [
  'refused',
  'quoted',
  'reserved',
  'reservation-unknown',
  'outcome-unknown',
  'commit-decided',
  'release-decided',
  'booking-refused',
  'booked',
  'released',
]

function run(sequence: readonly TransferEvent[]): readonly TransferState[] {
  const seen: TransferState[] = ['received']
  let state: TransferState = 'received'
  for (const event of sequence) {
    const next = nextState(state, event)
    if (next.kind === 'moved') state = next.state
    seen.push(state)
  }
  return seen
}

describe('nextState', () => {
  it('answers every event in every state', () => {
    for (const state of states) {
      for (const event of events)
        expect(['moved', 'already', 'illegal']).toContain(nextState(state, event).kind)
    }
  })

  it('walks the ordinary way to committed', () => {
    expect(run(['quoted', 'reserved', 'commit-decided', 'booked'])).toEqual([
      'received',
      'quoted',
      'reserved',
      'commit-decided',
      'committed',
    ])
  })

  it('keeps what is owed until it is booked', () => {
    expect(run(['quoted', 'reserved', 'commit-decided', 'booking-refused', 'booked']).at(-1)).toBe(
      'committed',
    )
  })

  it('fences each decision against the other, whatever happens in between (law 4)', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...events), { maxLength: 30 }), (sequence) => {
        const seen = new Set(run(sequence))
        const committed = seen.has('commit-decided')
        const released = seen.has('release-decided') || seen.has('aborted')
        expect(committed && released).toBe(false)
      }),
    )
  })

  it('never leaves a final state', () => {
    for (const state of states.filter(isFinal)) {
      for (const event of events) expect(nextState(state, event).kind).not.toBe('moved')
    }
  })

  it('calls an event that has happened before already done', () => {
    expect(nextState('committed', 'commit-decided')).toEqual({ kind: 'already' })
    expect(nextState('aborted', 'released')).toEqual({ kind: 'already' })
    expect(nextState('committed', 'quoted')).toEqual({ kind: 'already' })
  })

  it('moves no money that was held back to a plain refusal', () => {
    for (const state of ['reserved', 'unknown', 'commit-decided'] as const) {
      expect(nextState(state, 'refused')).toEqual({ kind: 'illegal' })
    }
  })
})

describe('fspiopState', () => {
  it('shows a client only the four words of FSPIOP', () => {
    expect(states.map(fspiopState)).toEqual([
      'RECEIVED',
      'RECEIVED',
      'RESERVED',
      'RESERVED',
      'RESERVED',
      'COMMITTED',
      'COMMITTED',
      'COMMITTED',
      'ABORTED',
    ])
  })
})
