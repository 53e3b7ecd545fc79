import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createSystemClock } from '../../hub/clock.ts'
import type { Job, JobVerdict } from '../../hub/engine/engine.ts'
import { createZeebeEngine, type ZeebeEngine } from '../../hub/engine/zeebe/zeebe-engine.ts'
import { freePorts } from '../../sandbox/servers/free-ports.ts'
import { engineContract } from '../contract/engine.ts'
import { compileInto } from '../support/compile.ts'
import { remark } from '../support/remark.ts'
import { silentLog } from '../support/silent-log.ts'
import { root } from '../tidy/tree.ts'
import { startRecordedZeebe, type RecordedZeebe } from './support/recorded-zeebe.ts'
import { serverPorts } from './support/server-ports.ts'
import { makeZeebeUnderTest } from './support/zeebe-under-test.ts'

let server: RecordedZeebe
beforeAll(async () => {
  server = await startRecordedZeebe()
}, 600_000)
afterAll(() => server.stop())

const clock = createSystemClock()
const done: JobVerdict = { kind: 'complete', variables: {} }

function open(gatewayAddress = server.gatewayAddress): ZeebeEngine {
  return createZeebeEngine({ gatewayAddress }, { clock, log: silentLog })
}

engineContract('Zeebe', () => makeZeebeUnderTest(server))

describe('Zeebe', () => {
  it('accepts every workflow of the hub, and the same one again as the same', async () => {
    const engine = open()
    const files = workflows()
    const first = await engine.deploy(files)
    expect(first.map(({ bpmnProcessId }) => `${bpmnProcessId}.bpmn`)).toEqual(
      files.map(({ name }) => name),
    )
    expect(first).toHaveLength(5)
    expect(await engine.deploy(files)).toEqual(first)
    await engine.close()
  })

  it('hears the verdict of a job whose handler was at work while the broker was killed and came back', async () => {
    const engine = open()
    await engine.deploy([{ name: 'outlive.bpmn', xml: oneTask('outlive') }])
    const tries: string[] = []
    const started = deferred<undefined>()
    const verdict = deferred<JobVerdict>()
    engine.work(
      'outlive',
      (job) => {
        tries.push(job.key)
        started.resolve(undefined)
        return verdict.promise
      },
      { maxActive: 5, timeoutMs: 300_000 },
    )
    const { processInstanceKey } = await engine.createInstance('outlive', {})
    await started.promise
    await server.kill()
    verdict.resolve(done)
    await server.start()
    await untilCompleted(processInstanceKey)
    expect(tries).toHaveLength(1)
    // And the worker goes on with what is new.
    const next = await engine.createInstance('outlive', {})
    await untilCompleted(next.processInstanceKey)
    await engine.close()
  })

  it('says nothing any more once its power is cut: its job goes to the next when its time is over', async () => {
    const dead = open()
    await dead.deploy([{ name: 'cut.bpmn', xml: oneTask('cut') }])
    const started = deferred<undefined>()
    const verdict = deferred<JobVerdict>()
    const options = { maxActive: 5, timeoutMs: 3_000 }
    const stuck = (): Promise<JobVerdict> => {
      started.resolve(undefined)
      return verdict.promise
    }
    dead.work('cut', stuck, options)
    const { processInstanceKey } = await dead.createInstance('cut', {})
    await started.promise
    dead.crash()
    verdict.resolve(done)
    const next = open()
    const tries: string[] = []
    const finish = async (job: Job): Promise<JobVerdict> => {
      tries.push(job.key)
      return done
    }
    next.work('cut', finish, options)
    await untilCompleted(processInstanceKey)
    expect(tries).toHaveLength(1)
    await next.close()
  })

  it('says no, and does not say it twice, when there is no broker', async () => {
    const [port = 0] = await freePorts(1, serverPorts.network)
    const engine = open(`127.0.0.1:${String(port)}`)
    const startedAt = performance.now()
    await expect(engine.createInstance('outlive', {})).rejects.toThrow(/UNAVAILABLE/)
    const message = { name: 'a', correlationKey: 'b', messageId: '', variables: {}, ttlMs: 0 }
    await expect(engine.publish(message)).rejects.toThrow(/UNAVAILABLE/)
    expect(performance.now() - startedAt).toBeLessThan(2000)
    await expect(engine.publish({ ...message, messageId: 'c' })).rejects.toThrow(/UNAVAILABLE/)
    await engine.close()
  })

  it('takes nothing any more once it is closed, instead of losing it', async () => {
    const engine = open()
    const message = { name: 'a', correlationKey: 'b', messageId: 'd', variables: {}, ttlMs: 0 }
    const under = engine.publish(message)
    await engine.close()
    await under
    await expect(engine.publish({ ...message, messageId: 'e' })).rejects.toThrow('closed')
    await expect(engine.createInstance('outlive', {})).rejects.toThrow('closed')
  })

  it('costs next to nothing while there is no broker, and lets the program end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kivuko-zeebe-'))
    compileInto(folder, 'hub')
    const [port = 0] = await freePorts(1, serverPorts.network)
    const script = join(folder, 'program.js')
    writeFileSync(script, lonelyProgram(`127.0.0.1:${String(port)}`))
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const said = await new Promise<string>((resolve) => {
      let text = ''
      child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))
      child.once('close', () => resolve(text))
    })
    const endedAt = Date.now()
    rmSync(folder, { recursive: true })
    const { cpuMs, closedAt } = JSON.parse(said)
    remark(
      `without a broker: ${String(cpuMs)} ms of CPU in 5 s for 25 workers; ended ${String(endedAt - closedAt)} ms after close`,
    )
    expect(cpuMs).toBeLessThan(500)
    expect(endedAt - closedAt).toBeLessThan(2000)
  })
})

/** Twenty-five workers and nobody who has work. */
const lonelyProgram = (address: string): string => `
import { createZeebeEngine } from './hub/engine/zeebe/zeebe-engine.js'
import { createSystemClock } from './hub/clock.js'
const clock = createSystemClock()
const log = { info() {}, warn() {}, error() {} }
const engine = createZeebeEngine({ gatewayAddress: ${JSON.stringify(address)} }, { clock, log })
const done = { kind: 'complete', variables: {} }
for (let n = 0; n < 25; n++) engine.work('type-' + n, async () => done, { maxActive: 64, timeoutMs: 60000 })
await new Promise((resolve) => clock.after(2000, resolve))
const before = process.cpuUsage()
await new Promise((resolve) => clock.after(5000, resolve))
const { user, system } = process.cpuUsage(before)
await engine.close()
console.log(JSON.stringify({ cpuMs: Math.round((user + system) / 1000), closedAt: Date.now() }))`

function workflows(): readonly { readonly name: string; readonly xml: string }[] {
  const folder = join(root, 'workflows')
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.bpmn'))
    .toSorted()
    .map((path) => ({
      name: path.slice(path.lastIndexOf('/') + 1),
      xml: readFileSync(join(folder, path), 'utf8'),
    }))
}

const oneTask = (name: string): string => `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="one">
<bpmn:process id="${name}" isExecutable="true">
  <bpmn:startEvent id="s"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
  <bpmn:serviceTask id="t"><bpmn:extensionElements><zeebe:taskDefinition type="${name}"/></bpmn:extensionElements><bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:serviceTask>
  <bpmn:endEvent id="e"><bpmn:incoming>f2</bpmn:incoming></bpmn:endEvent>
  <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="t"/>
  <bpmn:sequenceFlow id="f2" sourceRef="t" targetRef="e"/>
</bpmn:process>
</bpmn:definitions>`

async function untilCompleted(processInstanceKey: string): Promise<void> {
  const endsAt = Date.now() + 60_000
  const isIt = ({ key, intent }: RecordedZeebe['records'][number]): boolean =>
    key === processInstanceKey && intent === 'ELEMENT_COMPLETED'
  while (!server.records.some(isIt)) {
    if (Date.now() > endsAt) throw new Error(`${processInstanceKey} was not completed`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function deferred<T>(): {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
} {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
