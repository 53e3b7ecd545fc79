import { isRefusal, refusal, refusalOfCode, type Refusal } from '../../hub/domain/refusal.ts'
import { partyKey, type Party } from '../../hub/domain/party.ts'
import { transferLine } from '../../hub/domain/transfer.ts'
import type { TransferRecord } from '../../hub/domain/transfer-record.ts'
import type { Variables } from '../../hub/engine/engine.ts'
import { advance, loadLeg, noteRefusal, waitKey } from '../../hub/legs/leg.ts'
import type { Tx } from '../../hub/store/store.ts'
import type { Step, WorkflowPorts } from '../../hub/workflow.ts'
import { next, payerKey, wait } from './variables.ts'

const asksMax = 2

/** Finds the payer's account at her own core, in the currency of the order. */
export function findPayer({ store, ledgerOf, clock }: WorkflowPorts): Step {
  return async (variables) => {
    const key = payerKey(variables)
    const { order, state } = await store.step((tx) => loadLeg(tx, key))
    // Started once more, by a message that came again long after: abort-transfer will find that it may not touch the leg.
    if (state !== 'received') return refusal('request-modified', 'the order was carried out before')
    const account = await ledgerOf(key.fspId).findAccount(
      order.payer,
      order.amount.currency,
      'payer',
    )
    const entry = { step: 'find-payer', party: key.fspId, direction: 'out' } as const
    return store.step(async (tx) => {
      const record = await loadLeg(tx, key)
      const at = clock.now()
      if (isRefusal(account)) return noteRefusal(tx, record, { refusal: account, at, entry })
      await advance(tx, record, {
        at,
        facts: { account: { accountId: account.accountId } },
        entry: { ...entry, outcome: 'done', detail: 'account found' },
      })
      return {}
    })
  }
}

/** Asks the switch who the payee is (GET /parties), and opens the wait for the answer. */
export function findPayee({ store, switchOf, clock, times }: WorkflowPorts): Step {
  return async (variables) => {
    const key = payerKey(variables)
    const peer = switchOf(key.fspId)
    const asked = await store.step(async (tx) => {
      const record = await loadLeg(tx, key)
      const { record: waiting } = await advance(tx, record, {
        at: clock.now(),
        opensWait: true,
        facts: { asked: (record.facts.asked ?? 0) + 1 },
        entry: {
          step: 'find-payee',
          party: 'switch',
          direction: 'out',
          outcome: 'asked',
          detail: record.order.payee.type,
        },
      })
      await tx.lookups.open(key.fspId, partyKey(record.order.payee), {
        line: transferLine(key),
        messageName: 'party-answered',
        correlationKey: waitKey(waiting),
        since: clock.now(),
      })
      return waiting
    })
    const refused = await peer.deliver(peer.composePartyQuestion(asked.order.payee))
    if (isRefusal(refused))
      return store.step((tx) => noteLookupRefusal(tx, asked, { refusal: refused, at: clock.now() }))
    return wait(asked, times.lookupMs / asksMax)
  }
}

/** Reads what the directory and the payee's FSP answered; her FSP may be the payer's own. */
export function acceptPayee(ports: WorkflowPorts): Step {
  return async (variables) => {
    const key = payerKey(variables)
    const { store, clock, times } = ports
    const { switchId } = ports.switchOf(key.fspId)
    const found = await store.step(async (tx) => {
      const record = await loadLeg(tx, key)
      const answer = await payeeAnswer(tx, record, { switchId, skewMs: times.clockSkewMsMax })
      if (answer === undefined && (record.facts.asked ?? 0) < asksMax) return next('ask')
      await tx.lookups.close(key.fspId, partyKey(record.order.payee), transferLine(key))
      if (answer === undefined) {
        const silent = refusal('payee-fsp-silent', 'nobody answered for the payee in time')
        return noteLookupRefusal(tx, record, { refusal: silent, at: clock.now() })
      }
      if (isRefusal(answer))
        return noteLookupRefusal(tx, record, { refusal: answer, at: clock.now() })
      return acceptParty(tx, record, { party: answer, at: clock.now() })
    })
    if (isRefusal(found) || found['next'] !== 'within') return found
    return findPayeeWithin(ports, key)
  }
}

/**
 * A party is given by the FSP that she is at, or by the switch; anybody else's word for it is none. Two FSPs that both say so
 * cannot both be right, and nobody here knows which one the directory named. An answer written before the question, by its
 * signed Date, is an old one sent again: the number may have changed hands since.
 */
async function payeeAnswer(
  tx: Tx,
  record: TransferRecord,
  { switchId, skewMs }: { readonly switchId: string; readonly skewMs: number },
): Promise<Party | Refusal | undefined> {
  const { key, order, createdAt } = record
  const all = await tx.inbox.ofParty(key.fspId, partyKey(order.payee), createdAt)
  // A Date has whole seconds.
  const rows = all.filter(({ callback }) => callback.answeredAt > createdAt - skewMs - 1_000)
  const given = rows.flatMap(({ callback }) => {
    if (callback.kind !== 'party-given') return []
    const { source, party } = callback
    return source === party.fspId || source === switchId ? [party] : []
  })
  if (new Set(given.map(({ fspId }) => fspId)).size > 1)
    return refusal('message-invalid', 'more than one FSP says that the payee is its customer')
  const refused = rows.findLast(({ callback }) => callback.kind === 'party-refused')?.callback
  if (given.length > 0 || refused?.kind !== 'party-refused') return given.at(-1)
  return refusalOfCode('lookup', refused.error.errorCode, refused.error.description)
}

async function acceptParty(
  tx: Tx,
  record: TransferRecord,
  { party, at }: { readonly party: Party; readonly at: number },
): Promise<Variables> {
  const within = party.fspId === record.key.fspId
  await advance(tx, record, {
    at,
    facts: { payee: party, otherFspId: party.fspId, asked: 0 },
    entry: {
      step: 'accept-payee',
      party: party.fspId,
      direction: 'none',
      outcome: 'done',
      detail: within ? 'the payee is at the same FSP' : `the payee is at ${party.fspId}`,
    },
  })
  return next(within ? 'within' : 'switch')
}

async function findPayeeWithin(
  { store, ledgerOf, clock }: WorkflowPorts,
  key: TransferRecord['key'],
): Promise<Variables | Refusal> {
  const { order } = await store.step((tx) => loadLeg(tx, key))
  const account = await ledgerOf(key.fspId).findAccount(order.payee, order.amount.currency, 'payee')
  return store.step(async (tx) => {
    const record = await loadLeg(tx, key)
    if (isRefusal(account))
      return noteLookupRefusal(tx, record, { refusal: account, at: clock.now() })
    await advance(tx, record, {
      at: clock.now(),
      facts: { payeeAccount: { accountId: account.accountId } },
    })
    return next('within')
  })
}

function noteLookupRefusal(
  tx: Tx,
  record: TransferRecord,
  { refusal: no, at }: { readonly refusal: Refusal; readonly at: number },
): Promise<Refusal> {
  return noteRefusal(tx, record, {
    refusal: no,
    at,
    entry: { step: 'accept-payee', party: 'switch', direction: 'in' },
  })
}
