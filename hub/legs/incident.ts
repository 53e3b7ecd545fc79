import type { Clock } from '../clock.ts'
import type { Role, TransferKey } from '../domain/transfer.ts'
import type { Job } from '../engine/engine.ts'
import type { Log } from '../log.ts'
import type { Store } from '../store/store.ts'

const roles: Readonly<Record<string, Role>> = {
  'payer-transfer': 'payer',
  'payee-transfer': 'payee',
}

const detailLengthMax = 200

/**
 * Makes what shows an incident of the engine to people: an open problem of its leg, since the engine lists none. A job that
 * is about no leg has only its line in the log.
 */
export function showIncidents({
  store,
  clock,
  log,
}: {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
}): (job: Job, why: string) => Promise<void> {
  return async (job, why) => {
    const key = legOf(job)
    if (key === undefined) return
    const words = why.split('\n', 1)[0] ?? ''
    const detail = `${job.type}: ${words}`.slice(0, detailLengthMax)
    const openedAt = clock.now()
    try {
      await store.step((tx) => tx.problems.open({ key, kind: 'incident', detail, openedAt }))
    } catch (error) {
      log.error({ error, step: job.type }, 'incident could not be shown')
    }
  }
}

function legOf({ bpmnProcessId, variables }: Job): TransferKey | undefined {
  const { fspId, transferId } = variables
  const role = roles[bpmnProcessId]
  if (role === undefined || typeof fspId !== 'string' || typeof transferId !== 'string')
    return undefined
  return { fspId, role, transferId }
}
