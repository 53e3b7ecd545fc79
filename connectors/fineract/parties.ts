import { Unavailable } from '../../hub/connector.ts'
import type { PartyId } from '../../hub/domain/party.ts'
import { refusal, type Refusal } from '../../hub/domain/refusal.ts'
import { partyPath } from './accounts.ts'
import { isNo, type CoreClient } from './client.ts'
import { partyMissingCode, partySchema } from './wire.ts'

/** Gives an account one more identifier. Twice for the same account is once; for another it is `identifier-taken`. */
export async function registerParty(
  client: CoreClient,
  party: PartyId,
  accountId: string,
): Promise<'done' | Refusal> {
  const path = partyPath(party)
  const answer = await client.ask(
    { method: 'POST', path, name: 'register-party', body: { accountId } },
    partySchema,
  )
  if (!isNo(answer)) return 'done'
  // Fineract has three codes for a duplicate, one of them for anything: who holds the identifier decides.
  const holder = await client.ask({ method: 'GET', path, name: 'find-party' }, partySchema)
  if (!isNo(holder)) {
    if (holder.accountId === accountId) return 'done'
    return refusal('identifier-taken', 'the identifier belongs to another account')
  }
  if (holder.code !== partyMissingCode)
    throw new Unavailable(`the core answered ${holder.status} ${holder.code}`)
  return refusal('core-refused', `the core answered ${answer.status} ${answer.code}`)
}

/** Takes an identifier from whichever account holds it; done when none does. */
export async function unregisterParty(
  client: CoreClient,
  party: PartyId,
): Promise<'done' | Refusal> {
  const answer = await client.ask(
    { method: 'DELETE', path: partyPath(party), name: 'unregister-party' },
    partySchema,
  )
  if (!isNo(answer) || answer.code === partyMissingCode) return 'done'
  return refusal('core-refused', `the core answered ${answer.status} ${answer.code}`)
}
