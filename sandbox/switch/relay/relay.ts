import { errorBody, fspiopError, type FspiopError } from '../fspiop/fspiop-error.ts'
import type { Inbound } from '../fspiop/inbound.ts'
import type { Operation } from '../faults.ts'
import { relayOf } from '../ledger/notice.ts'
import type { Participants } from '../ledger/participants.ts'
import type { Lanes } from './lanes.ts'
import { ownMessage } from './message.ts'
import type { Sender } from './sender.ts'

export type RelayPorts = {
  readonly participants: Participants
  readonly lanes: Lanes
  readonly deliver: Sender
}

/** Where an error about a request goes: to its sender, as a callback. */
export type ErrorCallback = {
  readonly inbound: Inbound
  readonly operation: Operation
  readonly resource: string
  /** The path of the error callback: "/parties/MSISDN/1/error". */
  readonly errorPath: string
}

/** Tells the sender of a request what was wrong with it. */
export function callBackError(ports: RelayPorts, of: ErrorCallback, error: FspiopError): void {
  const { inbound, operation, resource, errorPath } = of
  const message = ownMessage({
    to: inbound.source,
    operation,
    method: 'PUT',
    path: errorPath,
    resource,
    version: inbound.version,
    body: errorBody(error),
  })
  ports.lanes.take({ message, topic: errorPath })
}

/** Passes a request on, once. When it does not arrive the sender hears 1001 at once, instead of waiting. */
export function relayRequest(ports: RelayPorts, of: ErrorCallback, to: string): void {
  const { inbound, operation } = of
  const message = relayOf(inbound, to, operation)
  const headers = { 'fspiop-destination': to, ...message.headers }
  void ports.deliver({ ...message, headers }).then((attempt) => {
    if (attempt !== 'delivered') callBackError(ports, of, fspiopError('1001', `${to} ${attempt}`))
  })
}

/** Passes a callback on to FSPIOP-Destination; the error is for the synchronous answer. */
export function relayCallback(
  ports: RelayPorts,
  inbound: Inbound,
  operation: Operation,
): FspiopError | undefined {
  const { destination } = inbound
  if (destination === undefined) return fspiopError('3102', 'FSPIOP-Destination')
  if (!ports.participants.find(destination)) return fspiopError('3201', destination)
  ports.lanes.take({
    message: relayOf(inbound, destination, operation),
    topic: inbound.request.path,
  })
  return undefined
}
