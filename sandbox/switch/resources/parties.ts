import type { RouteLine } from '../../router.ts'
import { errorBodySchema, partySchema } from '../fspiop/bodies.ts'
import { fspiopError, type FspiopError } from '../fspiop/fspiop-error.ts'
import { fspiopLine, type Call, type LinePorts } from '../fspiop/line.ts'
import type { Oracle } from '../relay/oracle.ts'
import {
  callBackError,
  relayCallback,
  relayRequest,
  type ErrorCallback,
  type RelayPorts,
} from '../relay/relay.ts'
import { errorPathOf, partyOf, partyPaths } from './party-path.ts'

const resource = 'parties'

/** /parties: requests go to the FSP that the oracle names, callbacks to FSPIOP-Destination. */
export function partiesLines(
  ports: LinePorts & RelayPorts & { readonly oracle: Oracle },
): readonly RouteLine[] {
  const put = { method: 'PUT', resource, operation: 'put-parties' } as const
  return partyPaths(resource).flatMap((path) => [
    fspiopLine(
      {
        method: 'GET',
        path,
        resource,
        operation: 'get-parties',
        act: (call) => findParty(ports, call),
        breakOff: (call) => callBackError(ports, callbackOf(call), fspiopError('2001')),
      },
      ports,
    ),
    // Before the line of a sub id, which would take "error" for one.
    fspiopLine(
      {
        ...put,
        path: `${path}/error`,
        schema: errorBodySchema,
        act: ({ inbound }) => relayCallback(ports, inbound, put.operation),
      },
      ports,
    ),
    fspiopLine(
      {
        ...put,
        path,
        schema: partySchema,
        act: ({ inbound }) => relayCallback(ports, inbound, put.operation),
      },
      ports,
    ),
  ])
}

function findParty(
  ports: RelayPorts & { readonly oracle: Oracle },
  call: Call<unknown>,
): FspiopError | undefined {
  const callback = callbackOf(call)
  const found = ownerOf(ports, call)
  if (typeof found === 'string') relayRequest(ports, callback, found)
  else callBackError(ports, callback, found)
  return undefined
}

function ownerOf(
  { oracle, participants }: RelayPorts & { readonly oracle: Oracle },
  { inbound, params }: Call<unknown>,
): string | FspiopError {
  const { destination } = inbound
  if (destination !== undefined) {
    return participants.find(destination) ? destination : fspiopError('3201', destination)
  }
  const party = partyOf(params)
  if (!oracle.knows(party.type)) return fspiopError('3003', `no oracle for ${party.type}`)
  return oracle.ownerOf(party) ?? fspiopError('3204')
}

function callbackOf({ inbound }: Call<unknown>): ErrorCallback {
  const errorPath = errorPathOf(inbound.request.path)
  return { inbound, operation: 'get-parties', resource, errorPath }
}
