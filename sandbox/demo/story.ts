import type { TimelineEntry, ToldLeg } from './parse-transfer.ts'
import { payeeSentences, payerSentences } from './sentences.ts'

/** One line of a story: milliseconds since it began, and what happened, in words. */
export type StoryLine = { readonly afterMs: number; readonly words: string }

/** Tells a transfer from both its legs, message by message: who said what to whom. What happened at once stays in order of its leg. */
export function tellStory(legs: readonly ToldLeg[]): readonly StoryLine[] {
  const told = legs.flatMap((leg) =>
    leg.timeline.map((entry) => ({ at: Date.parse(entry.at), words: sentence(entry, leg) })),
  )
  const inOrder = [...told].sort((a, b) => a.at - b.at)
  const start = inOrder[0]?.at ?? 0
  return inOrder.map(({ at, words }) => ({ afterMs: at - start, words }))
}

function sentence(entry: TimelineEntry, leg: ToldLeg): string {
  const sentences = leg.role === 'payer' ? payerSentences : payeeSentences
  const known = sentences[`${entry.step} ${entry.outcome}`]
  if (known === undefined) return plainSentence(entry)
  const words: Readonly<Record<string, string>> = {
    fsp: leg.fspId,
    other: (leg.role === 'payer' ? leg.payeeFsp : leg.payerFsp) ?? 'the other FSP',
    party: entry.party,
    detail: entry.detail,
  }
  return known.replace(/\{(\w+)\}/g, (_, name: string) => words[name] ?? '')
}

const arrows = { in: 'from', out: 'to', none: 'at' } as const

/** For a step that has no sentence of its own. */
function plainSentence({ step, party, direction, outcome, detail }: TimelineEntry): string {
  const more = detail === '' ? '' : ` (${detail})`
  return `${step} ${arrows[direction]} ${party}: ${outcome}${more}`
}
