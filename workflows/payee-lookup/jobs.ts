import { OutcomeUnknown, Unavailable, type SwitchMessage } from '../../hub/connector.ts'
import type { PartyId } from '../../hub/domain/party.ts'
import { isRefusal, refusal } from '../../hub/domain/refusal.ts'
import type { Jobs, Step, WorkflowPorts } from '../../hub/workflow.ts'
import { lookupAsked } from './variables.ts'

/** The steps of payee-lookup, by job type. */
export function createPayeeLookupJobs(ports: WorkflowPorts): Jobs {
  return { 'answer-party': answerParty(ports) }
}

/** Finds the party at our core and tells the asker (PUT /parties, or its error). Who asked long ago is no longer answered. */
function answerParty(ports: WorkflowPorts): Step {
  const { store, switchOf, clock, times } = ports
  return async (variables) => {
    const { fspId, inboxId } = lookupAsked(variables)
    const row = await store.step((tx) => tx.inbox.find(inboxId))
    if (row?.callback.kind !== 'party-asked')
      throw new Error(`inbox row ${inboxId} asks for no party`)
    const isLate = clock.now() > row.receivedAt + times.lookupMs
    const asked = { fspId, partyId: row.callback.partyId, to: row.callback.source }
    try {
      await switchOf(fspId).deliver(await composeAnswer(ports, asked))
    } catch (failure) {
      if (!(failure instanceof Unavailable || failure instanceof OutcomeUnknown) || !isLate)
        throw failure
    }
    return {}
  }
}

async function composeAnswer(
  { ledgerOf, switchOf }: WorkflowPorts,
  {
    fspId,
    partyId,
    to,
  }: { readonly fspId: string; readonly partyId: PartyId; readonly to: string },
): Promise<SwitchMessage> {
  const peer = switchOf(fspId)
  const found = await ledgerOf(fspId).findParty(partyId)
  if (!isRefusal(found))
    return peer.composePartyAnswer({ to, party: { ...found, id: partyId, fspId } })
  const told =
    found.reason === 'payer-not-found' ? refusal('payee-not-found', found.description) : found
  return peer.composePartyRefusal({ to, partyId, refusal: told })
}
