import { word } from '../../hub/legs/leg.ts'
import type { Variables } from '../../hub/engine/engine.ts'

/** A quote is known by the stored request that asked for it. */
export type QuoteAsked = { readonly fspId: string; readonly inboxId: string }

/** Reads the variables that `quote-asked` started the workflow with. */
export function quoteAsked(variables: Variables): QuoteAsked {
  return { fspId: word(variables, 'fspId'), inboxId: word(variables, 'inboxId') }
}
