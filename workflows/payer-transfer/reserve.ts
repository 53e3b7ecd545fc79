import { OutcomeUnknown } from '../../hub/connector.ts'
import { isRefusal, refusal, type Refusal } from '../../hub/domain/refusal.ts'
import type { TransferRecord } from '../../hub/domain/transfer-record.ts'
import type { Variables } from '../../hub/engine/engine.ts'
import { moveAtCore, type CoreMove } from '../../hub/legs/core-move.ts'
import { advance, firstRefusal, loadLeg, noteRefusal } from '../../hub/legs/leg.ts'
import { noMoney } from '../../hub/domain/money.ts'
import type { Tx } from '../../hub/store/store.ts'
import type { Step, WorkflowPorts } from '../../hub/workflow.ts'
import { prepareStep } from './prepare.ts'
import { accountOf, amountOf } from './quote.ts'
import { next, payerKey } from './variables.ts'

/**
 * Holds the payer's money at her core (PREPARE). A clear no aborts; a no to a repeat, or no answer until the transfer would
 * have expired, gives the transfer up, and then whatever hold is found is released.
 */
export function reserveFunds(ports: WorkflowPorts): Step {
  const { store, clock, times } = ports
  return async (variables) => {
    const key = payerKey(variables)
    const ready = await store.step((tx) =>
      fixExpiry(tx, { key, at: clock.now(), transferMs: times.transferMs }),
    )
    if (isRefusal(ready) || isDone(ready)) return isRefusal(ready) ? ready : afterReserve(ready)
    if (isLate(ready, clock.now()))
      return giveUp(ports, ready, refusal('transfer-expired', 'the core did not answer in time'))
    const answer = await reserveOrNote(ports, ready)
    if (answer === 'done') return settled(ports, ready)
    if (answer.certain && isFirst(ready)) return refuseReserve(ports, ready, answer.refusal)
    return giveUp(ports, ready, answer.refusal)
  }
}

function reserveMove(record: TransferRecord): CoreMove {
  return {
    step: 'reserve-funds',
    role: 'payer',
    accountId: accountOf(record),
    amount: amountOf(record),
    fee: record.facts.fee ?? noMoney(record.order.amount.currency),
    reached: 'held',
    call: (ledger, move) => ledger.reserve(move),
  }
}

async function reserveOrNote(
  ports: WorkflowPorts,
  record: TransferRecord,
): ReturnType<typeof moveAtCore> {
  try {
    return await moveAtCore(ports, record, reserveMove(record))
  } catch (failure) {
    if (failure instanceof OutcomeUnknown) {
      await ports.store.step(async (tx) => {
        const leg = await loadLeg(tx, record.key)
        await advance(tx, leg, {
          at: ports.clock.now(),
          event: 'reservation-unknown',
          entry: { ...heldEntry(record), outcome: 'unknown', detail: 'the core did not say' },
        })
      })
    }
    throw failure
  }
}

/** The expiry is fixed before anything is held, and never later than that of the terms. */
async function fixExpiry(
  tx: Tx,
  {
    key,
    at,
    transferMs,
  }: { readonly key: TransferRecord['key']; readonly at: number; readonly transferMs: number },
): Promise<TransferRecord | Refusal> {
  const record = await loadLeg(tx, key)
  if (record.state === 'quoted' && record.facts.refusal) return record.facts.refusal
  if (record.facts.expiresAt !== undefined) return record
  const termsExpireAt = record.facts.terms?.expiresAt ?? Infinity
  if (termsExpireAt <= at) {
    return noteRefusal(tx, record, {
      refusal: refusal('quote-expired', 'the terms expired before the payer could accept them'),
      at,
      entry: { step: 'reserve-funds', party: key.fspId, direction: 'none' },
    })
  }
  const expiresAt = Math.min(at + transferMs, termsExpireAt)
  return (await advance(tx, record, { at, facts: { expiresAt } })).record
}

function isDone(record: TransferRecord): boolean {
  return record.state !== 'received' && record.state !== 'quoted' && record.state !== 'unknown'
}

function isFirst(record: TransferRecord): boolean {
  return record.state === 'quoted'
}

function isLate(record: TransferRecord, now: number): boolean {
  return now >= (record.facts.expiresAt ?? Infinity)
}

function afterReserve({ state, facts }: TransferRecord): Variables {
  if (state === 'release-decided' || state === 'aborted') return next('release')
  return next(facts.payeeAccount === undefined ? 'held' : 'within')
}

async function settled({ store, clock }: WorkflowPorts, ready: TransferRecord): Promise<Variables> {
  return store.step(async (tx) => {
    const { record } = await advance(tx, await loadLeg(tx, ready.key), {
      at: clock.now(),
      event: 'reserved',
      entry: { ...heldEntry(ready), outcome: 'done', detail: '' },
    })
    return afterReserve(record)
  })
}

/** What the leg has come to, beside the line of the call that brought it there. */
function heldEntry({ key }: TransferRecord) {
  return { step: 'funds-held', party: key.fspId, direction: 'none' } as const
}

function refuseReserve(
  { store, clock }: WorkflowPorts,
  { key }: TransferRecord,
  no: Refusal,
): Promise<Refusal> {
  return store.step(async (tx) => {
    const record = await loadLeg(tx, key)
    // The timeline has the no already, from the attempt.
    await advance(tx, record, { at: clock.now(), facts: { refusal: firstRefusal(record, no) } })
    return no
  })
}

function giveUp(
  { store, clock }: WorkflowPorts,
  { key }: TransferRecord,
  why: Refusal,
): Promise<Variables> {
  return store.step(async (tx) => {
    const record = await loadLeg(tx, key)
    // Another run of this job may have got the hold meanwhile, and the transfer may be on its way with it.
    if (isDone(record) || (await tx.attempts.latest(key, prepareStep))) return afterReserve(record)
    await advance(tx, record, {
      at: clock.now(),
      event: 'release-decided',
      facts: { refusal: firstRefusal(record, why) },
      entry: {
        step: 'reserve-funds',
        party: key.fspId,
        direction: 'none',
        outcome: 'refused',
        detail: why.description,
      },
    })
    return next('release')
  })
}
