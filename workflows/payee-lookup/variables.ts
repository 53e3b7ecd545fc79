import { word } from '../../hub/legs/leg.ts'
import type { Variables } from '../../hub/engine/engine.ts'

/** A lookup has no transfer: it is known by the stored request that asked. */
export type LookupAsked = { readonly fspId: string; readonly inboxId: string }

/** Reads the variables that `party-asked` started the workflow with. */
export function lookupAsked(variables: Variables): LookupAsked {
  return { fspId: word(variables, 'fspId'), inboxId: word(variables, 'inboxId') }
}
