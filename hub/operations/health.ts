import { z } from 'zod'
import { answering, type ApiRoute } from '../channel/api.ts'
import { reject } from '../channel/problem.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { jsonResponse } from '../router.ts'
import type { Store } from '../store/store.ts'

type HealthPorts = { readonly store: Store; readonly clock: Clock; readonly log: Log }

const healthSchema = z.object({ status: z.literal('up') }).meta({ id: 'Health' })

/** How the program is, for whoever watches over it. */
export function createHealth(ports: HealthPorts): readonly ApiRoute[] {
  return [getLive(ports), getReady(ports)]
}

/** `GET /health/live`: the program answers. */
function getLive({ log }: HealthPorts): ApiRoute {
  return healthRoute('/health/live', 'Is the program alive?', {
    problems: [],
    run: answering(log, () => Promise.resolve(jsonResponse(200, { status: 'up' }))),
  })
}

/** `GET /health/ready`: the store takes a write and keeps it, within two seconds; 503 otherwise. */
function getReady(ports: HealthPorts): ApiRoute {
  let underWay: Promise<boolean> | undefined
  return healthRoute('/health/ready', 'Can the program do its work?', {
    problems: [503],
    run: answering(ports.log, async () => {
      // However many ask at once, the disk is written once.
      underWay ??= isReady(ports).finally(() => {
        underWay = undefined
      })
      return (await underWay) ? jsonResponse(200, { status: 'up' }) : notReady
    }),
  })
}

const notReady = reject('ServiceDenied', 'the store does not take writes')
const readyMsMax = 2000

function isReady({ store, clock, log }: HealthPorts): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.after(readyMsMax, () => resolve(false))
    const settle = (ready: boolean): void => {
      cancel()
      resolve(ready)
    }
    probe(store, clock).then(
      () => settle(true),
      (err: unknown) => {
        log.error({ err, step: 'probe-store', outcome: 'failed' }, 'store not writable')
        settle(false)
      },
    )
  })
}

/** Writes a row and takes it away again: a commit that leaves nothing behind. */
function probe(store: Store, clock: Clock): Promise<void> {
  const [fspId, partyKey, line] = ['-', 'probe', 'probe']
  return store.step(async (tx) => {
    const waiter = { line, messageName: 'probe', correlationKey: line, since: clock.now() }
    await tx.lookups.open(fspId, partyKey, waiter)
    await tx.lookups.close(fspId, partyKey, line)
  })
}

function healthRoute(
  path: string,
  summary: string,
  { run, problems }: Pick<ApiRoute, 'run'> & { readonly problems: readonly number[] },
): ApiRoute {
  return {
    method: 'GET',
    path,
    doc: { summary, answer: healthSchema, problems, isOpen: true },
    run,
  }
}
