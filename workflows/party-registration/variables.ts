import { isoDuration, word } from '../../hub/legs/leg.ts'
import type { Variables } from '../../hub/engine/engine.ts'
import type { Registration } from '../../hub/store/store.ts'

/** Which registration, of which FSP. */
export type RegistrationKey = { readonly fspId: string; readonly registrationId: string }

/** The registration that a job of this workflow works on. */
export function registrationKey(variables: Variables): RegistrationKey {
  return { fspId: word(variables, 'fspId'), registrationId: word(variables, 'registrationId') }
}

/** Correlation key of the registration's open wait. */
export function registrationWaitKey(registration: Registration): string {
  return `${registration.fspId}:registration:${registration.registrationId}:${String(registration.wait)}`
}

/** Completes a job before the wait for the oracle's answer. */
export function wait(registration: Registration, forMs: number): Variables {
  return { next: 'wait', waitKey: registrationWaitKey(registration), waitFor: isoDuration(forMs) }
}
