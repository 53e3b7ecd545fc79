import { partyKey } from '../../hub/domain/party.ts'
import { isRefusal, refusal, refusalOfCode, type Refusal } from '../../hub/domain/refusal.ts'
import type { Variables } from '../../hub/engine/engine.ts'
import type { Registration, Tx } from '../../hub/store/store.ts'
import type { Jobs, Step, WorkflowPorts } from '../../hub/workflow.ts'
import { registrationKey, registrationWaitKey, wait, type RegistrationKey } from './variables.ts'

const asksMax = 3

/** The steps of party-registration, by job type. */
export function createPartyRegistrationJobs(ports: WorkflowPorts): Jobs {
  return {
    'register-at-core': registerAtCore(ports),
    'register-at-oracle': registerAtOracle(ports),
    'confirm-registration': confirmRegistration(ports),
    'unregister-at-core': unregisterAtCore(ports),
    'abort-registration': abortRegistration(ports),
  }
}

/** Gives the account the identifier at its own core; the same again for the same account is success. */
function registerAtCore(ports: WorkflowPorts): Step {
  return async (variables) => {
    const key = registrationKey(variables)
    const registration = await checkedAtCore(ports, await load(ports, key))
    if (registration.state !== 'absent-at-core') return {}
    const answer = await ports
      .ledgerOf(key.fspId)
      .registerParty(registration.partyId, registration.accountId)
    if (isRefusal(answer)) {
      await save(ports, { ...registration, refusal: answer })
      return answer
    }
    await save(ports, { ...registration, state: 'at-core' })
    return {}
  }
}

async function checkedAtCore(
  ports: WorkflowPorts,
  registration: Registration,
): Promise<Registration> {
  if (registration.state !== 'received') return registration
  const { fspId, partyId, currency, accountId } = registration
  const found = await ports.ledgerOf(fspId).findAccount(partyId, currency, 'payee')
  const wasThere = !isRefusal(found) && found.accountId === accountId
  const checked: Registration = {
    ...registration,
    state: wasThere ? 'was-at-core' : 'absent-at-core',
  }
  await save(ports, checked)
  return checked
}

/** Asks the switch's oracle to name this FSP as the owner (POST /participants), and opens the wait for its answer. */
function registerAtOracle(ports: WorkflowPorts): Step {
  const { store, switchOf, clock, times } = ports
  return async (variables) => {
    const key = registrationKey(variables)
    const registration = await store.step(async (tx) => {
      const before = await find(tx, key)
      const waiting = { ...before, wait: before.wait + 1, updatedAt: clock.now() }
      await tx.registrations.save(waiting)
      await tx.lookups.open(key.fspId, participantKey(before), {
        line: key.registrationId,
        messageName: 'participant-answered',
        correlationKey: registrationWaitKey(waiting),
        since: clock.now(),
      })
      return waiting
    })
    const peer = switchOf(key.fspId)
    const { partyId, currency } = registration
    const answer = await peer.deliver(peer.composeParticipant('register', partyId, currency))
    if (isRefusal(answer)) await save(ports, { ...registration, refusal: answer })
    return wait(registration, isRefusal(answer) ? 1 : times.lookupMs)
  }
}

/** Reads the oracle's answer: registered, refused, or silent, and then it is asked again a few times before undoing. */
function confirmRegistration({ store, clock }: WorkflowPorts): Step {
  return async (variables) => {
    const key = registrationKey(variables)
    return store.step(async (tx) => {
      const registration = await find(tx, key)
      const answer = registration.refusal ?? (await oracleAnswer(tx, registration))
      if (answer === undefined && registration.wait < asksMax) return { next: 'ask' }
      await tx.lookups.close(key.fspId, participantKey(registration), key.registrationId)
      return conclude(tx, registration, { answer, at: clock.now() })
    })
  }
}

async function conclude(
  tx: Tx,
  registration: Registration,
  { answer, at }: { readonly answer: 'registered' | Refusal | undefined; readonly at: number },
): Promise<Variables> {
  if (answer === 'registered') {
    await tx.registrations.save({ ...registration, state: 'registered', updatedAt: at })
    return { next: 'registered' }
  }
  const why = answer ?? refusal('switch-unavailable', 'the oracle did not answer')
  await tx.registrations.save({ ...registration, refusal: why, updatedAt: at })
  return { next: 'undo' }
}

/** An answer given before this registration asked belongs to another one. */
async function oracleAnswer(
  tx: Tx,
  registration: Registration,
): Promise<'registered' | Refusal | undefined> {
  const { fspId, registrationId } = registration
  const about = participantKey(registration)
  const waiters = await tx.lookups.waiters(fspId, about)
  const since = waiters.find(({ line }) => line === registrationId)?.since ?? registration.updatedAt
  const callback = (await tx.inbox.ofParty(fspId, about, since)).at(-1)?.callback
  if (callback?.kind === 'participant-refused') {
    return refusalOfCode('lookup', callback.error.errorCode, callback.error.description)
  }
  if (callback?.kind !== 'participant-told') return undefined
  return callback.fspId === fspId
    ? 'registered'
    : refusal('identifier-taken', 'the oracle names another FSP')
}

/**
 * Takes the identifier away again at the core, and at the oracle in case its silence was a lost yes; what was there before
 * this registration stays.
 */
function unregisterAtCore(ports: WorkflowPorts): Step {
  return async (variables) => {
    const key = registrationKey(variables)
    const registration = await load(ports, key)
    if (registration.state !== 'at-core') return {}
    await ports.ledgerOf(key.fspId).unregisterParty(registration.partyId)
    if (registration.refusal?.reason === 'switch-unavailable') {
      const peer = ports.switchOf(key.fspId)
      await peer.deliver(
        peer.composeParticipant('remove', registration.partyId, registration.currency),
      )
    }
    return {}
  }
}

function abortRegistration(ports: WorkflowPorts): Step {
  return async (variables) => {
    const registration = await load(ports, registrationKey(variables))
    await save(ports, { ...registration, state: 'aborted' })
    return {}
  }
}

function participantKey({ partyId }: Registration): string {
  return `participant/${partyKey(partyId)}`
}

async function find(tx: Tx, { fspId, registrationId }: RegistrationKey): Promise<Registration> {
  const registration = await tx.registrations.find(fspId, registrationId)
  if (!registration) throw new Error(`no registration ${registrationId} at ${fspId}`)
  return registration
}

function load({ store }: WorkflowPorts, key: RegistrationKey): Promise<Registration> {
  return store.step((tx) => find(tx, key))
}

async function save({ store, clock }: WorkflowPorts, registration: Registration): Promise<void> {
  await store.step((tx) => tx.registrations.save({ ...registration, updatedAt: clock.now() }))
}
