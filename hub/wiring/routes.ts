import { apiFallbacks, openApiRoute } from '../channel/api.ts'
import { createChannel } from '../channel/channel.ts'
import type { Clock } from '../clock.ts'
import type { Route } from '../http.ts'
import type { Log } from '../log.ts'
import { createHealth } from '../operations/health.ts'
import { createOperations } from '../operations/operations.ts'
import { createPeers } from '../peers/peers.ts'
import { createRouter, type RouterEntry } from '../router.ts'
import type { Store } from '../store/store.ts'
import type { Connectors, HubConfig } from './connectors.ts'

/** What answers requests is made of. */
export type RouteParts = {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly connectors: Connectors
}

const version = '0.1.0'

/** What a process with these roles answers: how it is, always; clients and people as `channel`; peers as `peers`. */
export function routeOf(config: HubConfig, parts: RouteParts): Route {
  const open = config.roles.includes('channel') ? clientRoutes(config, parts) : createHealth(parts)
  const peers = config.roles.includes('peers') ? [peersRoute(parts)] : []
  return createRouter([...open, ...peers], apiFallbacks)
}

function clientRoutes(config: HubConfig, parts: RouteParts): readonly RouterEntry[] {
  const routes = [...createChannel(config, parts), ...createOperations(config, parts)]
  const about = { version, hasKeys: config.apiKeys.length > 0 }
  return [...routes, openApiRoute(routes, about)]
}

function peersRoute({ connectors, ...ports }: RouteParts): RouterEntry {
  const switchOf = (fspId: string) => connectors.switches.get(fspId)
  return { method: '*', path: '/fsp/*', run: createPeers({ ...ports, switchOf }) }
}
