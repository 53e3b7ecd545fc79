import { describe, expect, it } from '@jest/globals'
import { tellStory } from '../../../sandbox/demo/story.ts'
import type { TimelineEntry, ToldLeg } from '../../../sandbox/demo/parse-transfer.ts'

function entry(at: string, step: string, changes: Partial<TimelineEntry> = {}): TimelineEntry {
  const told = { party: 'switch', direction: 'out', outcome: 'done', detail: '' } as const
  return { at: `2026-01-01T00:00:${at}Z`, step, ...told, ...changes }
}

function leg(role: 'payer' | 'payee', timeline: readonly TimelineEntry[]): ToldLeg {
  const fspId = role === 'payer' ? 'heron' : 'weaver'
  const fsps = { payerFsp: 'heron', payeeFsp: 'weaver' }
  return { fspId, role, ...fsps, amount: '10', currency: 'KES', timeline: [...timeline] }
}

describe('tellStory', () => {
  it('tells both legs as one story, in the order of what happened', () => {
    const story = tellStory([
      leg('payer', [
        entry('01.000', 'reserve-funds'),
        entry('01.500', 'transfer-answered', {
          direction: 'in',
          outcome: 'given',
          detail: 'COMMITTED',
        }),
      ]),
      leg('payee', [entry('01.250', 'fulfil-transfer', { outcome: 'asked' })]),
    ])
    expect(story).toEqual([
      { afterMs: 0, words: "heron's core holds the payer's money." },
      {
        afterMs: 250,
        words:
          'The hub sends the fulfilment to the switch, RESERVED: weaver credits once the switch has committed.',
      },
      { afterMs: 500, words: 'The switch tells heron: COMMITTED.' },
    ])
  })

  it('tells a step that it has no sentence for as it stands', () => {
    const strange = entry('01.000', 'ask-outcome', { outcome: 'asked', detail: 'GET' })
    expect(tellStory([leg('payer', [strange])])).toEqual([
      { afterMs: 0, words: 'ask-outcome to switch: asked (GET)' },
    ])
  })
})
