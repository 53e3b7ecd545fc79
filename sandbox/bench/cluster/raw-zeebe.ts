import { readFileSync } from 'node:fs'
import { ZBClient } from 'zeebe-node'
import type { Clock } from '../../clock.ts'

/** What is run, and how much of it. */
export type RawZeebeRun = {
  readonly gatewayAddress: string
  readonly transfers: number
  /** How many are under way at once. */
  readonly inFlight: number
  /** Distinguishes the keys of one run from another's. */
  readonly name: string
}

const workflows = ['payer-transfer', 'payee-lookup', 'payee-quote', 'payee-transfer'] as const

type Reply = {
  /** What the job is completed with; `waits` adds the key of the next wait. */
  readonly next?: string
  readonly waits?: string
  /** What the world then says: the start of another workflow, and the answer that ends the wait. */
  readonly says?: readonly string[]
}

/** The path of a transfer that goes well, as the diagrams have it: what each job answers, and which messages follow. */
const replies: Readonly<Record<string, Reply>> = {
  'find-payer': {},
  'find-payee': { waits: 'party', says: ['party-asked', 'party-answered'] },
  'answer-party': {},
  'accept-payee': { next: 'switch' },
  'request-quote': { waits: 'quote', says: ['quote-asked', 'quote-answered'] },
  'price-quote': {},
  'answer-quote': {},
  'accept-quote': { next: 'agreed' },
  'price-transfer': {},
  'reserve-funds': { next: 'held' },
  'prepare-transfer': { waits: 'transfer', says: ['transfer-prepared', 'transfer-answered'] },
  'decide-fulfilment': { next: 'fulfil' },
  'fulfil-transfer': { waits: 'outcome', says: ['outcome-told'] },
  'judge-fulfilment': { next: 'credit' },
  'credit-payee': { next: 'booked' },
  'judge-transfer': { next: 'commit' },
  'commit-funds': { next: 'booked' },
}

/** The jobs that end the two long workflows of a transfer. */
const lastJobs = ['commit-funds', 'credit-payee'] as const

const starts: readonly string[] = ['party-asked', 'quote-asked', 'transfer-prepared']

/**
 * The hub's own diagrams on the bare client: its workers do nothing but answer, so the broker is all there is. As many
 * instances, jobs, messages and waits as transfers that go well have. Returns how long it took, in ms.
 */
export async function runRawZeebe(
  { gatewayAddress, transfers, inFlight, name }: RawZeebeRun,
  { clock }: { readonly clock: Clock },
): Promise<number> {
  const client = new ZBClient(gatewayAddress, {
    loglevel: 'NONE',
    longPoll: 5_000,
    pollInterval: 20,
  })
  for (const workflow of workflows) {
    const file = new URL(`../../../workflows/${workflow}/${workflow}.bpmn`, import.meta.url)
    await client.deployResource({ name: `${workflow}.bpmn`, process: readFileSync(file) })
  }
  const ends = createEnds()
  const publish = (message: string, id: string, key: string): Promise<unknown> =>
    client.publishMessage({
      name: message,
      correlationKey: key,
      messageId: `${id}:${message}`,
      variables: { fspId: 'raw', transferId: id, inboxId: '1' },
      timeToLive: 60_000,
    })
  for (const [taskType, reply] of Object.entries(replies))
    client.createWorker({
      taskType,
      maxJobsToActivate: 200,
      timeout: 60_000,
      taskHandler: async (job) => {
        const id = String(job.variables['transferId'])
        const waitKey = reply.waits === undefined ? undefined : `${id}:${reply.waits}`
        const done = await job.complete({
          ...(reply.next === undefined ? {} : { next: reply.next }),
          ...(waitKey === undefined ? {} : { next: 'wait', waitKey, waitFor: 'PT600S' }),
        })
        for (const message of reply.says ?? [])
          await publish(message, id, starts.includes(message) ? id : (waitKey ?? id))
        if (lastJobs.some((last) => last === taskType)) ends.note(id)
        return done
      },
    })
  let next = 0
  const startedAt = clock.now()
  const lane = async (): Promise<void> => {
    while (next < transfers) {
      const id = `${name}-${String(next++)}`
      const ended = ends.of(id)
      await publish('transfer-requested', id, id)
      await ended
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  const wallMs = clock.now() - startedAt
  await client.close()
  return wallMs
}

type Ends = {
  /** Resolves when both long workflows of a transfer have done their last job. */
  of(id: string): Promise<void>
  note(id: string): void
}

function createEnds(): Ends {
  const open = new Map<string, { left: number; readonly settle: () => void }>()
  return {
    of: (id) =>
      new Promise((settle) => {
        open.set(id, { left: lastJobs.length, settle })
      }),
    note: (id) => {
      const one = open.get(id)
      if (one === undefined || --one.left > 0) return
      open.delete(id)
      one.settle()
    },
  }
}
