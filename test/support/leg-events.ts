import type { LegEvent } from '../../hub/events/event-stream.ts'

/** One event of heron's leg as payer: complete, and the same each time for the same leg and sequence. */
export function legEvent(
  transferId: string,
  sequence: number,
  over: Partial<LegEvent> = {},
): LegEvent {
  return {
    id: `heron:payer:${transferId}:${sequence}`,
    key: { fspId: 'heron', role: 'payer', transferId },
    sequence,
    entry: {
      at: Date.UTC(2026, 0, 2) + sequence,
      step: 'quote',
      party: 'switch',
      direction: 'out',
      outcome: 'asked',
      detail: '10.5 KES to transfer',
    },
    state: 'received',
    amount: { amount: '10.5', currency: 'KES' },
    correlationId: `order-${transferId}`,
    ...over,
  }
}

/** The first events of a leg, in order. */
export function legEvents(transferId: string, count: number): readonly LegEvent[] {
  return Array.from({ length: count }, (_, index) => legEvent(transferId, index + 1))
}
