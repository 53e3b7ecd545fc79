import { OutcomeUnknown, Unavailable } from '../../hub/connector.ts'
import { refusal, type Reason, type Refusal } from '../../hub/domain/refusal.ts'
import { loadLeg, noteRefusal } from '../../hub/legs/leg.ts'
import type { Step, WorkflowPorts } from '../../hub/workflow.ts'
import { payerKey } from './variables.ts'

/**
 * Bounds a step that runs before any money is held: who cannot be reached for longer than lookup, quote and transfer may
 * take together has refused the order, with the given reason, and nothing is lost.
 */
export function beforeFunds(ports: WorkflowPorts, reason: Reason, step: Step): Step {
  return async (variables) => {
    try {
      return await step(variables)
    } catch (failure) {
      if (!(failure instanceof Unavailable || failure instanceof OutcomeUnknown)) throw failure
      const refused = await giveUp(ports, reason, payerKey(variables))
      if (refused === undefined) throw failure
      return refused
    }
  }
}

async function giveUp(
  { store, clock, times }: WorkflowPorts,
  reason: Reason,
  key: ReturnType<typeof payerKey>,
): Promise<Refusal | undefined> {
  const patienceMs = times.lookupMs + times.quoteMs + times.transferMs
  return store.step(async (tx) => {
    const record = await loadLeg(tx, key)
    if (clock.now() < record.createdAt + patienceMs) return undefined
    return noteRefusal(tx, record, {
      refusal: refusal(reason, 'could not be reached in time'),
      at: clock.now(),
      entry: { step: 'give-up', party: key.fspId, direction: 'none' },
    })
  })
}
