import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Store } from '../store/store.ts'
import type { ApiRoute } from './api.ts'
import { createCallers } from './caller.ts'
import type { ChannelConfig } from './config.ts'
import { getRegistration, postRegistration } from './registrations.ts'
import { getTransactionState, getTransfer, postTransfer } from './transfers.ts'

/** What clients may ask of the hub, as lines for the router and for `openApiRoute`. */
export function createChannel(
  config: ChannelConfig,
  ports: { readonly store: Store; readonly clock: Clock; readonly log: Log },
): readonly ApiRoute[] {
  const withCallers = { ...ports, callers: createCallers(config) }
  return [
    postTransfer(config, withCallers),
    getTransfer(withCallers),
    getTransactionState(withCallers),
    postRegistration(config, withCallers),
    getRegistration(withCallers),
  ]
}
