import type { Clock } from './clock.ts'
import type { LedgerConnector, SwitchConnector } from './connector.ts'
import type { Refusal } from './domain/refusal.ts'
import type { TransferRecord } from './domain/transfer-record.ts'
import type { Variables } from './engine/engine.ts'
import type { Log } from './log.ts'
import type { Store, Tx } from './store/store.ts'

/** How long things may take; ms. What each means, and the lab's defaults: ARCHITECTURE.md §5. */
export type Times = {
  readonly lookupMs: number
  readonly quoteMs: number
  /** From prepare to expiration. */
  readonly transferMs: number
  /** The payer's patience after expiration before it asks by GET; at least the clock skew. */
  readonly graceMs: number
  readonly resolverFirstMs: number
  readonly resolverMaxMs: number
  readonly clockSkewMsMax: number
  /** The longest that a core may take over a request that has left. */
  readonly coreLongestMs: number
  readonly bookingRetryMs: number
}

/** What every workflow is given. `ledgerOf` and `switchOf` throw for an FSP that this hub does not serve. */
export type WorkflowPorts = {
  readonly store: Store
  readonly ledgerOf: (fspId: string) => LedgerConnector
  readonly switchOf: (fspId: string) => SwitchConnector
  readonly clock: Clock
  readonly log: Log
  readonly times: Times
  /** Tells the client of the end, in the transaction that makes it final. */
  readonly tellClient: (tx: Tx, record: TransferRecord) => Promise<void>
}

/**
 * Does the work of one service task. Returns the variables to complete the job with, or a `Refusal`, which becomes the
 * BPMN error `refused`; throws `Unavailable` or `OutcomeUnknown` to be called again, anything else to raise an incident.
 */
export type Step = (variables: Variables) => Promise<Variables | Refusal>

/** The steps of a workflow by job type. */
export type Jobs = Readonly<Record<string, Step>>
