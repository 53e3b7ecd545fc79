import type { Route } from '../http.ts'
import { isDiskFailure } from '../store.ts'
import { adminRoute } from './admin/admin-route.ts'
import { labRoute } from './admin/lab-route.ts'
import type { SwitchConfig } from './config.ts'
import { sweepExpired } from './ledger/ledger.ts'
import { createParts, type SwitchParts, type SwitchPorts } from './parts.ts'
import { fspiopRoute } from './resources/fspiop-route.ts'
import { createTables } from './schema.ts'
import { applySeed } from './seed.ts'

export interface Switch {
  /** FSPIOP at `/`, the admin API under `/admin`, the lab's under `/lab`. */
  readonly route: Route
  /** Verifies what the switch signs. */
  readonly publicKeyPem: string
  /** Stops sweeping and delivering; what was not delivered leaves at the next start. */
  close(): void
}

/**
 * A Mojaloop-style switch over its store. It takes up where an earlier run ended: messages not delivered leave again, and
 * what has expired meanwhile is swept. Listening is up to the caller.
 */
export function createSwitch(config: SwitchConfig, ports: SwitchPorts): Switch {
  createTables(ports.store)
  const parts = createParts(config, ports)
  ports.store.transaction(() => applySeed(config, parts))
  const fspiop = fspiopRoute(parts)
  const admin = adminRoute(config, parts)
  const lab = labRoute(config, parts)
  parts.outbox.resume()
  sweepExpired(parts)
  const stopSweeping = sweepEvery(config.sweepMs, parts)
  return {
    publicKeyPem: parts.signer.publicKeyPem,
    route: (request) => {
      if (isUnder(request.path, '/admin')) return admin(request)
      return isUnder(request.path, '/lab') ? lab(request) : fspiop(request)
    },
    close() {
      stopSweeping()
      parts.outbox.stop()
      parts.lanes.stop()
      parts.faults.clear()
      parts.outbox.tidy()
    },
  }
}

/** Returns how to stop. The fault on `sweep` makes it forget its duty. */
function sweepEvery(sweepMs: number, parts: SwitchParts): () => void {
  const { clock, faults, outbox } = parts
  let cancel = clock.after(sweepMs, sweep)
  function sweep(): void {
    cancel = clock.after(sweepMs, sweep)
    try {
      if (!faults.take('sweep', 'silence')) sweepExpired(parts)
      outbox.tidy()
    } catch (failure) {
      // What could not be written down was not done either: the next sweep finds it.
      if (!isDiskFailure(failure)) throw failure
    }
  }
  return () => cancel()
}

function isUnder(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`) || path.startsWith(`${prefix}?`)
}
