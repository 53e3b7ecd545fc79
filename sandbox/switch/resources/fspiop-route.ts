import type { Route } from '../../http.ts'
import { createRouter } from '../../router.ts'
import { fspiopError } from '../fspiop/fspiop-error.ts'
import { synchronousError, type LinePorts } from '../fspiop/line.ts'
import type { LedgerPorts } from '../ledger/ledger.ts'
import type { Oracle } from '../relay/oracle.ts'
import type { RelayPorts } from '../relay/relay.ts'
import type { Store } from '../../store.ts'
import { participantsLines } from './participants.ts'
import { partiesLines } from './parties.ts'
import { quotesLines } from './quotes.ts'
import { transfersLines } from './transfers.ts'

export type FspiopPorts = LinePorts &
  LedgerPorts &
  RelayPorts & { readonly oracle: Oracle; readonly store: Store }

/** FSPIOP 1.1 as a switch serves it: participants, parties, quotes, transfers. Unknown paths are 404/3002, other methods 405/3000, and what FSPIOP has but this switch has not is 501/2002. */
export function fspiopRoute(ports: FspiopPorts): Route {
  return createRouter(
    [
      ...participantsLines(ports),
      ...partiesLines(ports),
      ...quotesLines(ports),
      ...transfersLines(ports),
    ],
    {
      notFound: ({ path }) => {
        const resource = path.split(/[/?]/)[1] ?? ''
        return notImplemented.has(resource)
          ? synchronousError(fspiopError('2002', resource, 501), resource)
          : synchronousError(fspiopError('3002', path, 404), 'participants')
      },
      methodNotAllowed: ({ method, path }) =>
        synchronousError(
          fspiopError('3000', `${method} is not for this path`, 405),
          resourceOf(path),
        ),
    },
  )
}

const notImplemented: ReadonlySet<string> = new Set([
  'transactionRequests',
  'authorizations',
  'transactions',
  'bulkQuotes',
  'bulkTransfers',
])

function resourceOf(path: string): string {
  return path.split(/[/?]/)[1] ?? 'participants'
}
