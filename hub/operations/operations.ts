import type { ApiRoute } from '../channel/api.ts'
import { createCallers } from '../channel/caller.ts'
import type { ChannelConfig } from '../channel/config.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Store } from '../store/store.ts'
import { getBooks } from './books.ts'
import { postDecision } from './decisions.ts'
import { createHealth } from './health.ts'
import { getProblems } from './problems.ts'
import { getLegs } from './inspection.ts'
import { searchTransfers } from './search.ts'
import { getStatistics } from './statistics.ts'

/** What people who run the hub may see and decide, as lines for the router and for `openApiRoute`. */
export function createOperations(
  config: ChannelConfig,
  ports: { readonly store: Store; readonly clock: Clock; readonly log: Log },
): readonly ApiRoute[] {
  const withCallers = { ...ports, callers: createCallers(config) }
  return [
    getProblems(withCallers),
    searchTransfers(withCallers),
    getLegs(withCallers),
    postDecision(withCallers),
    getStatistics(withCallers),
    ...createHealth(ports),
    ...(config.lab ? [getBooks(withCallers)] : []),
  ]
}
