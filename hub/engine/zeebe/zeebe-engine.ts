import { ZBClient } from 'zeebe-node'
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { Deployment, JobVerdict, Message, WorkflowEngine } from '../engine.ts'
import { createJobWorker, type JobWorker } from './job-worker.ts'
import { createPatience, type Patience } from './patience.ts'
import { activatorOf, documentOf, statusOf, type ActivateJobs } from './wire.ts'

/** Where the gateway of the cluster answers gRPC: "host:port". TLS and OAuth are zeebe-node's own environment variables. */
export type ZeebeConfig = { readonly gatewayAddress: string }

/** The engine, with what tests of a power cut need beside it. */
export type ZeebeEngine = WorkflowEngine & {
  /** Ends as a power cut would: no verdict or command leaves any more, and none settles. The connection is closed soon. */
  crash(): void
}

/** How long the gateway may hold a question for jobs open. */
const longPollMs = 5_000

const alreadyExists = 6
const notFound = 5

/**
 * A Zeebe cluster behind the contract. Commands that may be repeated are, a few times, while the cluster is away or busy;
 * then they reject with the gateway's error. Workers wait for the cluster however long it takes. Opens no connection that
 * outlives `close`. Files of one `deploy` are deployed one after the other: one that is refused leaves those before it.
 */
export function createZeebeEngine(
  { gatewayAddress }: ZeebeConfig,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): ZeebeEngine {
  // The client's own retries are endless, and repeat what must not be repeated.
  const client = new ZBClient(gatewayAddress, {
    retry: false,
    loglevel: 'NONE',
    longPoll: longPollMs,
    connectionTolerance: 1,
  })
  const patience = createPatience({ clock })
  const commands = createCommands()
  const workers = new Set<JobWorker>()
  const ports = {
    clock,
    log,
    activate: activator(client),
    answer: (jobKey: string, verdict: JobVerdict) =>
      commands.hasCrashed() ? never() : answerJob(client, jobKey, verdict),
  }
  return {
    deploy: (files) => commands.run(() => deploy({ client, patience }, files)),
    publish: (message) => commands.run(() => publish({ client, patience }, message)),
    createInstance: (bpmnProcessId, variables) =>
      commands.run(async () => {
        const request = { bpmnProcessId, variables: documentOf(variables) }
        const created = await patience.once(() => client.createProcessInstance(request))
        return { processInstanceKey: created.processInstanceKey }
      }),
    work: (type, handler, options) => {
      const worker = createJobWorker({ type, handler, ...options }, ports)
      workers.add(worker)
      return worker
    },
    cancel: (processInstanceKey) =>
      commands.run(async () => {
        await patience.repeat(() => client.cancelProcessInstance(processInstanceKey))
      }),
    resolveIncident: (incidentKey, retries) =>
      commands.run(() => patience.repeat(() => resolve(client, incidentKey, retries))),
    close: async () => {
      patience.end()
      await Promise.all([commands.close(), ...[...workers].map((worker) => worker.close())])
      await client.close()
    },
    crash: () => {
      patience.end()
      commands.crash()
      void Promise.all([...workers].map((worker) => worker.crash())).then(() => client.close())
    },
  }
}

type Commands = {
  run<T>(command: () => Promise<T>): Promise<T>
  close(): Promise<void>
  crash(): void
  hasCrashed(): boolean
}

/** After a power cut nobody hears any more. */
function never(): Promise<never> {
  return new Promise(() => undefined)
}

/** A client that is closed answers new commands with nothing, which reads as success, and those under way not at all. */
function createCommands(): Commands {
  const running = new Set<Promise<unknown>>()
  let state: 'open' | 'closed' | 'crashed' = 'open'
  return {
    run: (command) => {
      if (state === 'crashed') return never()
      if (state === 'closed') return Promise.reject(new Error('the engine is closed'))
      const answer = command()
      running.add(answer)
      const forget = (): void => {
        running.delete(answer)
      }
      answer.then(forget, forget)
      return answer
    },
    close: async () => {
      state = 'closed'
      await Promise.allSettled(running)
    },
    crash: () => {
      state = 'crashed'
    },
    hasCrashed: () => state === 'crashed',
  }
}

type Connection = { readonly client: ZBClient; readonly patience: Patience }

/** zeebe-node's own `activateJobs` never answers when there are no jobs, and its worker swallows what goes wrong. */
function activator(client: ZBClient): ActivateJobs {
  const activate = activatorOf(client['grpc'])
  return (request) => activate({ ...request, requestTimeout: longPollMs })
}

async function deploy(
  { client, patience }: Connection,
  files: Parameters<WorkflowEngine['deploy']>[0],
): Promise<readonly Deployment[]> {
  const deployed: Deployment[] = []
  for (const file of files)
    deployed.push(...(await patience.repeat(() => deployFile(client, file))))
  return deployed
}

async function deployFile(
  client: ZBClient,
  { name, xml }: { readonly name: string; readonly xml: string },
): Promise<readonly Deployment[]> {
  const { deployments } = await client.deployResource({ name, process: Buffer.from(xml) })
  return deployments.map(({ process: { bpmnProcessId, version, processDefinitionKey } }) => ({
    bpmnProcessId,
    version,
    processDefinitionKey,
  }))
}

/** A message without an id would be a second one when it is sent again. */
async function publish({ client, patience }: Connection, message: Message): Promise<void> {
  const { name, correlationKey, messageId, variables, ttlMs } = message
  const send = (): Promise<unknown> =>
    client.publishMessage({
      name,
      correlationKey,
      messageId,
      variables: documentOf(variables),
      timeToLive: ttlMs,
    })
  try {
    await (messageId === '' ? patience.once(send) : patience.repeat(send))
  } catch (error) {
    if (statusOf(error) !== alreadyExists) throw error
  }
}

async function answerJob(client: ZBClient, jobKey: string, verdict: JobVerdict): Promise<void> {
  switch (verdict.kind) {
    case 'complete':
      await client.completeJob({ jobKey, variables: documentOf(verdict.variables) })
      return
    case 'error':
      await client.throwError({
        jobKey,
        errorCode: verdict.code,
        errorMessage: verdict.message,
        variables: documentOf(verdict.variables),
      })
      return
    case 'fail':
      await client.failJob({
        jobKey,
        errorMessage: verdict.message,
        retries: verdict.retries,
        retryBackOff: verdict.backoffMs,
      })
  }
}

/** The gateway's API cannot be asked for the job of an incident, but its refusal names the one that has no retries left. */
async function resolve(client: ZBClient, incidentKey: string, retries: number): Promise<void> {
  try {
    await client.resolveIncident({ incidentKey })
  } catch (error) {
    const jobKey = jobWithoutRetries(error)
    if (jobKey === undefined) throw error
    await client.updateJobRetries({ jobKey, retries })
    await client.resolveIncident({ incidentKey })
  }
}

function jobWithoutRetries(error: unknown): string | undefined {
  if (statusOf(error) !== notFound || !(error instanceof Error)) return undefined
  return /job with key '(\d+)' has no retries left/.exec(error.message)?.[1]
}
