import { z } from 'zod'
import { answering, type ApiRoute, type Routed } from '../channel/api.ts'
import type { Operator } from '../channel/caller.ts'
import { isRejection, reject, type Rejection } from '../channel/problem.ts'
import { plainWord, readRequest } from '../channel/request.ts'
import {
  messageTtlMs,
  readId,
  tenantHeaders,
  unknownTransfer,
  type ChannelPorts,
} from '../channel/transfers.ts'
import { nextState, transferLine, type TransferState } from '../domain/transfer.ts'
import type { TransferRecord } from '../domain/transfer-record.ts'
import { advance, waitKey } from '../legs/leg.ts'
import { jsonResponse } from '../router.ts'
import type { Problem, Tx } from '../store/store.ts'
import { findLegs } from './legs.ts'
import { decisionsFor } from './problems.ts'

const decisionRequestSchema = z.object({
  headers: tenantHeaders.partial(),
  body: z
    .object({
      role: z.enum(['payer', 'payee']).meta({ description: 'Which leg.' }),
      decision: z.enum(['commit', 'release', 'suspense']),
      reason: plainWord(200).meta({ description: 'Stands in the timeline.' }),
    })
    .meta({
      id: 'Decision',
      example: { role: 'payer', decision: 'release', reason: 'the payee was never credited' },
    }),
})

type DecisionRequest = z.infer<typeof decisionRequestSchema>['body']
type Decision = DecisionRequest['decision']

const decidedSchema = z
  .object({
    fspId: z.string(),
    role: z.string(),
    transferId: z.string(),
    decision: z.string(),
    decidedBy: z.string(),
  })
  .meta({ id: 'Decided' })

/**
 * `POST /operations/transfers/{transactionId}/decision`: a person settles what nobody else can tell. It is stored with who
 * decided and why, before anything acts on it; commit and release fence each other (law 4 of ARCHITECTURE.md).
 */
export function postDecision(ports: ChannelPorts): ApiRoute {
  return {
    method: 'POST',
    path: '/operations/transfers/:transactionId/decision',
    doc: {
      summary: 'Decide what becomes of a transfer that waits for a person',
      headers: decisionRequestSchema.shape.headers,
      params: z.object({ transactionId: z.uuid() }),
      body: decisionRequestSchema.shape.body,
      answer: decidedSchema,
      problems: [400, 401, 403, 404, 409, 415],
    },
    run: answering(ports.log, async (routed) => {
      const operator = ports.callers.operatorOf(routed.request)
      if (isRejection(operator)) return operator
      const decided = await decideOn(ports, operator, routed)
      return isRejection(decided) ? decided : jsonResponse(200, decided)
    }),
  }
}

async function decideOn(
  { store, clock, log }: ChannelPorts,
  { caller, fspIds }: Operator,
  { request, params }: Routed,
): Promise<z.infer<typeof decidedSchema> | Rejection> {
  const asked = readRequest(decisionRequestSchema, request)
  if (isRejection(asked)) return asked
  const transferId = readId(params['transactionId'])?.id
  if (transferId === undefined) return unknownTransfer
  const { role, decision } = asked.body
  const by = caller.name
  const decided = await store.step(async (tx) => {
    const [record] = await findLegs(tx, { fspIds, roles: [role], transferId })
    if (!record) return unknownTransfer
    const no = await objection(tx, record, decision)
    if (no !== undefined) return reject('IncorrectState', no, 'decision')
    if (record.facts.decision !== decision)
      await keepDecision(tx, record, { ...asked.body, by, at: clock.now() })
    return { ...record.key, decision, decidedBy: by }
  })
  const outcome = isRejection(decided) ? 'refused' : decision
  log.info({ transferId, step: 'operator-decided', role, outcome }, 'person decided')
  return decided
}

/** Why this decision cannot be taken now, if it cannot. The same one again is no fault. */
async function objection(
  tx: Tx,
  record: TransferRecord,
  decision: Decision,
): Promise<string | undefined> {
  const before = record.facts.decision
  if (before === decision) return undefined
  const open = (await tx.problems.listOpen(record.key.fspId)).filter(
    ({ key }) => transferLine(key) === transferLine(record.key),
  )
  if (open.length === 0) return 'the transfer does not wait for a person'
  if (!open.some(({ kind }) => allows(kind, decision)))
    return `does not settle ${open.map(({ kind }) => kind).join(', ')}`
  if (decision !== 'suspense' && before !== undefined) return `${before} was decided already`
  return isPossible(record.state, decision) ? undefined : `cannot follow ${record.state}`
}

function allows(kind: Problem['kind'], decision: Decision): boolean {
  return decisionsFor[kind].some((each) => each === decision)
}

function isPossible(state: TransferState, decision: Decision): boolean {
  switch (decision) {
    case 'commit':
      return nextState(state, 'commit-decided').kind === 'moved'
    case 'release':
      return nextState(state, 'release-decided').kind === 'moved'
    case 'suspense':
      return state === 'booking-owed'
  }
}

async function keepDecision(
  tx: Tx,
  record: TransferRecord,
  taken: DecisionRequest & { readonly by: string; readonly at: number },
): Promise<void> {
  const { decision, reason, by, at } = taken
  await advance(tx, record, {
    at,
    facts: { decision },
    entry: {
      step: 'operator-decided',
      party: 'operator',
      direction: 'in',
      outcome: 'done',
      detail: `${decision}, by ${by}: ${reason}`,
    },
  })
  const correlationKey = waitKey(record)
  await tx.outbox.add({
    kind: 'message',
    message: {
      name: 'operator-decided',
      correlationKey,
      messageId: `${correlationKey}:${decision}`,
      variables: {},
      ttlMs: messageTtlMs,
    },
    line: transferLine(record.key),
    dueAt: at,
  })
}
