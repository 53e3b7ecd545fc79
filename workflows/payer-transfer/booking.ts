import { OutcomeUnknown, Unavailable } from '../../hub/connector.ts'
import { moveAtCore, type CoreMove } from '../../hub/legs/core-move.ts'
import { noMoney } from '../../hub/domain/money.ts'
import { refusal } from '../../hub/domain/refusal.ts'
import type { TransferRecord } from '../../hub/domain/transfer-record.ts'
import type { Variables } from '../../hub/engine/engine.ts'
import { book } from '../../hub/legs/booking.ts'
import { advance, firstRefusal, loadLeg } from '../../hub/legs/leg.ts'
import type { Tx } from '../../hub/store/store.ts'
import type { Step, WorkflowPorts } from '../../hub/workflow.ts'
import { accountOf, amountOf } from './quote.ts'
import { decideRelease } from './prepare.ts'
import { next, payerKey, wait } from './variables.ts'

/** Takes the money that the scheme has committed (CREATE). What a core refuses is owed, never undone: law 9 of ARCHITECTURE.md. */
export function commitFunds(ports: WorkflowPorts): Step {
  return async (variables) => {
    const leg = await ports.store.step((tx) => loadLeg(tx, payerKey(variables)))
    const booked = await book(ports, leg, {
      ...legMove(leg),
      step: 'commit-funds',
      reached: 'booked',
      call: (ledger, move) => ledger.commit(move),
    })
    return booked === 'booked' ? next('booked') : wait(booked.record, booked.retryMs, 'owed')
  }
}

const creditStep = 'credit-within'

/**
 * Credits the payee at the payer's own FSP, where no switch stands between: the core's answer is the outcome. The payer's
 * hold is in place, so nothing can be lost between the two bookings.
 */
export function creditWithin(ports: WorkflowPorts): Step {
  const { store, clock } = ports
  return async (variables) => {
    const key = payerKey(variables)
    const leg = await store.step((tx) => loadLeg(tx, key))
    if (leg.state !== 'reserved' && leg.state !== 'unknown') return afterCredit(leg)
    const answer = await moveAtCore(ports, leg, creditMove(leg))
    return store.step(async (tx) => {
      const record = await loadLeg(tx, key)
      const at = clock.now()
      if (answer !== 'done' && answer.certain && !(await isCreditOpen(tx, key)))
        return decideRelease(tx, record, { at, why: answer.refusal })
      if (answer !== 'done') throw new OutcomeUnknown('an earlier credit may still arrive')
      const { record: decided } = await advance(tx, record, {
        at,
        event: 'commit-decided',
        entry: {
          step: 'decide-commit',
          party: key.fspId,
          direction: 'none',
          outcome: 'done',
          detail: 'credited within the FSP',
        },
      })
      return afterCredit(decided)
    })
  }
}

/** Another run of this job may have its credit on the way. */
async function isCreditOpen(tx: Tx, key: TransferRecord['key']): Promise<boolean> {
  const latest = await tx.attempts.latest(key, creditStep)
  return latest?.outcome === 'open' || latest?.outcome === 'done'
}

function creditMove(leg: TransferRecord): CoreMove {
  const accountId = leg.facts.payeeAccount?.accountId
  if (accountId === undefined) throw new Error('the payee within the FSP has no account yet')
  return {
    ...legMove(leg),
    accountId,
    fee: noMoney(leg.order.amount.currency),
    step: creditStep,
    role: 'payee',
    reached: 'booked',
    call: (ledger, move) => ledger.credit(move),
  }
}

function afterCredit(leg: TransferRecord): Variables {
  return next(leg.state === 'release-decided' || leg.state === 'aborted' ? 'release' : 'commit')
}

/**
 * Gives the payer's money back (RELEASE), and afterwards, if a PREPARE may still be on its way, keeps looking until the
 * core's longest request time has passed: a hold found then is released too.
 */
export function releaseFunds(ports: WorkflowPorts): Step {
  const { store, ledgerOf, clock, times, tellClient } = ports
  return async (variables) => {
    const leg = await store.step((tx) => loadLeg(tx, payerKey(variables)))
    if (leg.state !== 'release-decided' && leg.state !== 'aborted')
      throw new Error(`a leg that is ${leg.state} was to be released; nothing was done`)
    const move = { ...legMove(leg), step: 'release-funds', reached: 'released' as const }
    const asked = {
      transferId: leg.key.transferId,
      accountId: move.accountId,
      amount: move.amount,
      fee: move.fee,
    }
    const found = await ledgerOf(leg.key.fspId).outcome(asked, 'payer')
    const trouble =
      found === 'booked'
        ? 'the core has booked a transfer whose release is decided'
        : found === 'held'
          ? await releaseHold(ports, leg, { ...move, call: (ledger, m) => ledger.release(m) })
          : undefined
    if (trouble !== undefined) return stayUnreleased(ports, leg, trouble)
    return store.step(async (tx) => {
      const record = await loadLeg(tx, leg.key)
      const at = clock.now()
      const { next: moved, record: released } = await advance(tx, record, {
        at,
        event: 'released',
        entry: {
          step: 'transfer-aborted',
          party: leg.key.fspId,
          direction: 'none',
          outcome: 'done',
          detail: 'nothing is held',
        },
      })
      if (moved === 'moved') await tellClient(tx, released)
      await tx.problems.close(leg.key, 'incident', at)
      const reserve = await tx.attempts.latest(leg.key, 'reserve-funds')
      const mayStillArrive = found === 'nothing' && reserve?.outcome === 'open' && reserve.tries > 0
      const untilMs = (reserve?.sentAt ?? 0) + times.coreLongestMs - at
      return mayStillArrive && untilMs > 0
        ? wait(released, Math.min(untilMs, times.resolverMaxMs), 'watch')
        : next('released')
    })
  }
}

/** Undefined once it is done; why not, where the core will not: a frozen account lets nothing happen on it. */
async function releaseHold(
  ports: WorkflowPorts,
  leg: TransferRecord,
  move: CoreMove,
): Promise<string | undefined> {
  const answer = await moveAtCore(ports, leg, move)
  if (answer === 'done') return undefined
  return `the core refused to release a hold that it shows: ${answer.refusal.description}`
}

/** The decision stands and the core is asked again; meanwhile a person can see why the money is still held. */
async function stayUnreleased(
  { store, clock }: WorkflowPorts,
  { key }: TransferRecord,
  detail: string,
): Promise<never> {
  const openedAt = clock.now()
  await store.step((tx) => tx.problems.open({ key, kind: 'incident', detail, openedAt }))
  throw new Unavailable(detail)
}

/** Ends an order that was refused before any money was held. */
export function abortTransfer({ store, clock, tellClient }: WorkflowPorts): Step {
  return async (variables) => {
    const key = payerKey(variables)
    return store.step(async (tx) => {
      const record = await loadLeg(tx, key)
      const why = firstRefusal(record, refusal('core-refused', 'refused without a reason'))
      const { next: moved, record: aborted } = await advance(tx, record, {
        at: clock.now(),
        event: 'refused',
        facts: { refusal: why },
        entry: {
          step: 'abort-transfer',
          party: key.fspId,
          direction: 'none',
          outcome: 'done',
          detail: `${why.errorCode} ${why.reason}`,
        },
      })
      if (moved === 'moved') await tellClient(tx, aborted)
      return {}
    })
  }
}

function legMove(leg: TransferRecord): Pick<CoreMove, 'role' | 'accountId' | 'amount' | 'fee'> {
  return {
    role: 'payer',
    accountId: accountOf(leg),
    amount: amountOf(leg),
    fee: leg.facts.fee ?? noMoney(leg.order.amount.currency),
  }
}
