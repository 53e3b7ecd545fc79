import { isoDuration, legKey, waitKey } from '../../hub/legs/leg.ts'
import type { TransferKey } from '../../hub/domain/transfer.ts'
import type { TransferRecord } from '../../hub/domain/transfer-record.ts'
import type { Variables } from '../../hub/engine/engine.ts'

/**
 * The words that the gateways of payer-transfer read. Everything else a step needs is in the store, under the key that
 * `fspId` and `transferId` give.
 */
export type Next =
  | 'ask'
  | 'within'
  | 'switch'
  | 'agreed'
  | 'held'
  | 'commit'
  | 'release'
  | 'wait'
  | 'dispute'
  | 'booked'
  | 'owed'
  | 'released'
  | 'watch'

/** The leg that a job of this workflow works on. */
export function payerKey(variables: Variables): TransferKey {
  return legKey(variables, 'payer')
}

/** Completes a job with the word that the next gateway reads. */
export function next(word: Next): Variables {
  return { next: word }
}

/** Completes a job before a wait: its key, and how long until the leg looks up by itself. */
export function wait(record: TransferRecord, forMs: number, word: Next = 'wait'): Variables {
  return { next: word, waitKey: waitKey(record), waitFor: isoDuration(forMs) }
}
