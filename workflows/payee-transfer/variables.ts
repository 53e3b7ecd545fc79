import { isoDuration, legKey, waitKey } from '../../hub/legs/leg.ts'
import type { TransferKey } from '../../hub/domain/transfer.ts'
import type { TransferRecord } from '../../hub/domain/transfer-record.ts'
import type { Variables } from '../../hub/engine/engine.ts'

/** The words that the gateways of payee-transfer read; all else is in the store. */
export type Next =
  'fulfil' | 'refuse' | 'wait' | 'ask' | 'credit' | 'drop' | 'dispute' | 'booked' | 'owed'

/** The leg that a job of this workflow works on. */
export function payeeKey(variables: Variables): TransferKey {
  return legKey(variables, 'payee')
}

/** Completes a job with the word that the next gateway reads. */
export function next(word: Next): Variables {
  return { next: word }
}

/** Completes a job before a wait: its key, and how long until the leg looks up by itself. */
export function wait(record: TransferRecord, forMs: number, word: Next = 'wait'): Variables {
  return { next: word, waitKey: waitKey(record), waitFor: isoDuration(forMs) }
}
