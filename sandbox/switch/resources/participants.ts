import type { z } from 'zod'
import type { Store } from '../../store.ts'
import type { RouteLine } from '../../router.ts'
import { participantSchema, participantsSchema } from '../fspiop/bodies.ts'
import { errorBody, fspiopError, type FspiopError } from '../fspiop/fspiop-error.ts'
import type { Inbound } from '../fspiop/inbound.ts'
import { fspiopLine, type Call, type LinePorts } from '../fspiop/line.ts'
import type { Operation } from '../faults.ts'
import { ownMessage } from '../relay/message.ts'
import type { Oracle, PartyPath } from '../relay/oracle.ts'
import { callBackError, type RelayPorts } from '../relay/relay.ts'
import { errorPathOf, partyOf, partyPaths, withoutQuery } from './party-path.ts'

const resource = 'participants'

type Ports = LinePorts & RelayPorts & { readonly oracle: Oracle; readonly store: Store }
type Outcome = { readonly fspId?: string } | FspiopError

/** /participants: the directory, built in. An FSP enters and removes its own parties only. */
export function participantsLines(ports: Ports): readonly RouteLine[] {
  const answered = (
    operation: Operation,
    decide: (call: Call<{ fspId: string; currency?: string | undefined } | undefined>) => Outcome,
  ) => ({
    resource,
    operation,
    act: (call: Call<{ fspId: string; currency?: string | undefined } | undefined>): undefined => {
      answer(ports, call.inbound, { operation, outcome: decide(call) })
    },
    breakOff: (call: Call<unknown>): void =>
      answer(ports, call.inbound, { operation, outcome: fspiopError('2001') }),
  })
  return [
    batchLine(ports),
    ...partyPaths(resource).flatMap((path) => [
      fspiopLine(
        { method: 'GET', path, ...answered('get-participants', (call) => find(ports, call)) },
        ports,
      ),
      fspiopLine(
        {
          method: 'POST',
          path,
          schema: participantSchema,
          ...answered('post-participants', (call) =>
            register(ports, call.inbound, {
              party: partyOf(call.params),
              fspId: call.body?.fspId ?? '',
              currency: call.body?.currency,
            }),
          ),
        },
        ports,
      ),
      fspiopLine(
        {
          method: 'DELETE',
          path,
          ...answered('delete-participants', (call) => remove(ports, call)),
        },
        ports,
      ),
    ]),
  ]
}

function answer(
  ports: Ports,
  inbound: Inbound,
  { operation, outcome }: { readonly operation: Operation; readonly outcome: Outcome },
): void {
  const { path } = inbound.request
  if ('errorCode' in outcome) {
    const errorPath = errorPathOf(path)
    callBackError(ports, { inbound, operation, resource, errorPath }, outcome)
    return
  }
  callBack(ports, inbound, { operation, path: withoutQuery(path), body: outcome })
}

function callBack(
  ports: Ports,
  { source: to, version }: Inbound,
  of: { readonly operation: Operation; readonly path: string; readonly body: unknown },
): void {
  const message = ownMessage({ ...of, to, version, resource, method: 'PUT' })
  ports.lanes.take({ message, topic: of.path })
}

function find({ oracle }: Ports, { params, query }: Call<unknown>): Outcome {
  const party = partyOf(params)
  if (!oracle.knows(party.type)) return fspiopError('3003', `no oracle for ${party.type}`)
  const fspId = oracle.ownerOf(party, query.get('currency') ?? undefined)
  return fspId === undefined ? fspiopError('3204') : { fspId }
}

function register(
  { oracle }: Ports,
  inbound: Inbound,
  of: { readonly party: PartyPath; readonly fspId: string; readonly currency: string | undefined },
): Outcome {
  const { party, fspId, currency } = of
  if (!oracle.knows(party.type)) return fspiopError('3003', `no oracle for ${party.type}`)
  if (fspId !== inbound.source) return fspiopError('3003', 'fspId is not FSPIOP-Source')
  const isEntered = oracle.register(party, {
    fsp: fspId,
    ...(currency === undefined ? {} : { currency }),
  })
  return isEntered ? { fspId } : fspiopError('3003', 'the party is at another FSP')
}

function remove({ oracle }: Ports, { inbound, params, query }: Call<unknown>): Outcome {
  const party = partyOf(params)
  const owner = oracle.ownerOf(party)
  if (owner === undefined) return fspiopError('3204')
  if (owner !== inbound.source) return fspiopError('3040', 'the party is at another FSP')
  oracle.remove(party, query.get('currency') ?? undefined)
  return {}
}

function batchLine(ports: Ports): RouteLine {
  return fspiopLine(
    {
      method: 'POST',
      path: '/participants',
      resource,
      operation: 'post-participants',
      schema: participantsSchema,
      act: ({ inbound, body }) => {
        const operation = 'post-participants'
        const path = `/participants/${body.requestId}`
        const results = ports.store.transaction(() => registerAll(ports, inbound, body))
        callBack(ports, inbound, { operation, path, body: results })
        return undefined
      },
    },
    ports,
  )
}

/** One PartyResult per entry, with errorInformation for those that were not entered (FSPIOP 1.1 §6.2.3.3). */
function registerAll(
  ports: Ports,
  inbound: Inbound,
  { partyList, currency }: z.infer<typeof participantsSchema>,
): unknown {
  const results = partyList.map((partyId) => {
    const { partyIdType: type, partyIdentifier: id, partySubIdOrType: subId } = partyId
    const fspId = partyId.fspId ?? inbound.source
    const outcome = register(ports, inbound, { party: { type, id, subId }, fspId, currency })
    const named = { ...partyId, fspId }
    if (!('errorCode' in outcome)) return { partyId: named }
    return { partyId: named, ...errorBody(outcome) }
  })
  return { partyList: results, currency }
}
