import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { ZBClient } from 'zeebe-node'
import { createSystemClock } from '../../hub/clock.ts'
import { createZeebeEngine } from '../../hub/engine/zeebe/zeebe-engine.ts'
import { startZeebe, type ZeebeServer } from '../../sandbox/servers/zeebe.ts'
import { remark } from '../support/remark.ts'
import { silentLog } from '../support/silent-log.ts'
import { serverPorts } from './support/server-ports.ts'

let server: ZeebeServer
beforeAll(async () => {
  server = await startZeebe({}, serverPorts)
}, 600_000)
afterAll(() => server.stop())

const taskCount = 6
const instanceCount = 600
const lanes = 100

it('runs instances about as fast as zeebe-node alone does, at the rates that are printed', async () => {
  await runThroughClient('warm-up', 300)
  await runThroughEngine('warm-up-ours', 300)
  const raw = await runThroughClient('raw', instanceCount)
  const ours = await runThroughEngine('ours', instanceCount)
  for (const [name, { perSecond, cpuMs }] of Object.entries({ raw, ours }))
    remark(
      `${name}: ${perSecond.toFixed(0)} instances/s of ${String(taskCount)} jobs, ` +
        `${cpuMs.toFixed(1)} ms of the client's CPU each`,
    )
  // A worker that loses its rhythm is ten times slower; a busy machine is not.
  expect(ours.perSecond).toBeGreaterThan(raw.perSecond / 4)
}, 300_000)

type Rate = { readonly perSecond: number; readonly cpuMs: number }

/** The contract's way: instances start by a message, workers are the engine's. */
async function runThroughEngine(name: string, count: number): Promise<Rate> {
  const engine = createZeebeEngine(server, { clock: createSystemClock(), log: silentLog })
  await engine.deploy([{ name: `${name}.bpmn`, xml: chain(name) }])
  const last = counter(count)
  for (let task = 0; task < taskCount; task++)
    engine.work(
      `${name}-${String(task)}`,
      async () => {
        if (task === taskCount - 1) last.add()
        return { kind: 'complete', variables: {} }
      },
      { maxActive: 64, timeoutMs: 60_000 },
    )
  const rate = await measure(count, last.reached, (id) =>
    engine.publish({
      name,
      correlationKey: id,
      messageId: id,
      variables: { id },
      ttlMs: 60_000,
    }),
  )
  await engine.close()
  return rate
}

/** zeebe-node's own workers, with the settings that serve them best. */
async function runThroughClient(name: string, count: number): Promise<Rate> {
  const client = new ZBClient(server.gatewayAddress, {
    loglevel: 'NONE',
    longPoll: 5_000,
    pollInterval: 20,
  })
  await client.deployResource({ name: `${name}.bpmn`, process: Buffer.from(chain(name)) })
  const last = counter(count)
  for (let task = 0; task < taskCount; task++)
    client.createWorker({
      taskType: `${name}-${String(task)}`,
      maxJobsToActivate: 200,
      taskHandler: (job) => {
        if (task === taskCount - 1) last.add()
        return job.complete()
      },
    })
  const rate = await measure(count, last.reached, (id) =>
    client.publishMessage({
      name,
      correlationKey: id,
      messageId: id,
      variables: { id },
      timeToLive: 60_000,
    }),
  )
  await client.close()
  return rate
}

async function measure(
  count: number,
  ended: Promise<void>,
  begin: (id: string) => Promise<unknown>,
): Promise<Rate> {
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  let next = 0
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (next < count) await begin(String(next++))
    }),
  )
  await ended
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    perSecond: (count * 1000) / (performance.now() - startedAt),
    cpuMs: (user + system) / 1000 / count,
  }
}

function counter(goal: number): { readonly add: () => void; readonly reached: Promise<void> } {
  let count = 0
  let reach = (): void => undefined
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  return {
    reached,
    add: () => {
      if (++count === goal) reach()
    },
  }
}

/** As many tasks, one after the other, as a transfer has in the middle. */
function chain(name: string): string {
  const tasks = Array.from({ length: taskCount }, (_, n) => n)
  return `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="load">
<bpmn:process id="${name}" isExecutable="true">
  <bpmn:startEvent id="s"><bpmn:outgoing>f0</bpmn:outgoing><bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>
  ${tasks
    .map(
      (
        n,
      ) => `<bpmn:sequenceFlow id="f${n}" sourceRef="${n === 0 ? 's' : `t${n - 1}`}" targetRef="t${n}"/>
  <bpmn:serviceTask id="t${n}"><bpmn:extensionElements><zeebe:taskDefinition type="${name}-${n}"/></bpmn:extensionElements><bpmn:incoming>f${n}</bpmn:incoming><bpmn:outgoing>f${n + 1}</bpmn:outgoing></bpmn:serviceTask>`,
    )
    .join('\n  ')}
  <bpmn:sequenceFlow id="f${taskCount}" sourceRef="t${taskCount - 1}" targetRef="e"/>
  <bpmn:endEvent id="e"><bpmn:incoming>f${taskCount}</bpmn:incoming></bpmn:endEvent>
</bpmn:process>
<bpmn:message id="m" name="${name}"/>
</bpmn:definitions>`
}
