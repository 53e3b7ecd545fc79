import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { createSystemClock } from '../../../hub/clock.ts'
import { createEmbeddedEngine } from '../../../hub/engine/embedded/embedded-engine.ts'
import type { Job, JobVerdict, Message } from '../../../hub/engine/engine.ts'
import { compileInto } from '../../support/compile.ts'
import { silentLog } from '../../support/silent-log.ts'

const diagram = `<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="crash">
<bpmn:process id="p" isExecutable="true">
  <bpmn:startEvent id="s"><bpmn:outgoing>f1</bpmn:outgoing><bpmn:messageEventDefinition messageRef="begin"/></bpmn:startEvent>
  <bpmn:serviceTask id="ask"><bpmn:extensionElements><zeebe:taskDefinition type="ask"/></bpmn:extensionElements><bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing></bpmn:serviceTask>
  <bpmn:receiveTask id="wait" messageRef="answer"><bpmn:incoming>f2</bpmn:incoming><bpmn:outgoing>f3</bpmn:outgoing></bpmn:receiveTask>
  <bpmn:serviceTask id="end-it"><bpmn:extensionElements><zeebe:taskDefinition type="end-it"/></bpmn:extensionElements><bpmn:incoming>f3</bpmn:incoming><bpmn:outgoing>f4</bpmn:outgoing></bpmn:serviceTask>
  <bpmn:endEvent id="e"><bpmn:incoming>f4</bpmn:incoming></bpmn:endEvent>
  <bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="ask"/>
  <bpmn:sequenceFlow id="f2" sourceRef="ask" targetRef="wait"/>
  <bpmn:sequenceFlow id="f3" sourceRef="wait" targetRef="end-it"/>
  <bpmn:sequenceFlow id="f4" sourceRef="end-it" targetRef="e"/>
</bpmn:process>
<bpmn:message id="begin" name="begin"/>
<bpmn:message id="answer" name="answer"><bpmn:extensionElements><zeebe:subscription correlationKey="= id"/></bpmn:extensionElements></bpmn:message>
</bpmn:definitions>`

/** Starts instances as fast as it can, answers most of them, and prints what was promised, until it is killed. */
const program = (round: number, file: string): string => `
import { createEmbeddedEngine } from './hub/engine/embedded/embedded-engine.js'
import { createSystemClock } from './hub/clock.js'
const log = { info() {}, warn() {}, error() {} }
const say = (...words) => process.stdout.write(words.join(' ') + '\\n')
const engine = createEmbeddedEngine({ file: ${JSON.stringify(file)} }, { clock: createSystemClock(), log })
await engine.deploy([{ name: 'p.bpmn', xml: ${JSON.stringify(diagram)} }])
const done = { kind: 'complete', variables: {} }
const options = { maxActive: 20, timeoutMs: 60000 }
const message = (name, id) => ({ name, correlationKey: id, messageId: id, ttlMs: 3600000, variables: { id } })
engine.work('ask', async (job) => {
  say('instance', job.variables.id, job.processInstanceKey)
  if (!job.variables.id.endsWith('7')) {
    await engine.publish(message('answer', job.variables.id))
    say('answered', job.variables.id)
  }
  return done
}, options)
engine.work('end-it', async () => done, options)
for (let lane = 0; lane < 10; lane++) void (async () => {
  for (let n = 0; ; n++) {
    const id = '${String(round)}-' + lane + '-' + n
    await engine.publish(message('begin', id))
    say('promised', id)
  }
})()`

type Said = {
  readonly promised: Set<string>
  readonly answered: Set<string>
  /** The keys of the instances that were seen for an id. */
  readonly instances: Map<string, Set<string>>
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kivuko-crash-'))
  compileInto(folder, 'hub')
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

it('loses nothing it promised and starts nothing twice, however often it is killed', async () => {
  const file = join(folder, 'engine.db')
  const said: Said = { promised: new Set(), answered: new Set(), instances: new Map() }
  for (const round of [1, 2, 3]) await runUntilKilled(round, file, said)
  expect(said.promised.size).toBeGreaterThan(440)

  const engine = createEmbeddedEngine({ file }, { clock: createSystemClock(), log: silentLog })
  // What was promised is not sent again, but for what nobody heard was accepted.
  const answer = async (id: string): Promise<void> => {
    if (!said.answered.has(id)) await engine.publish(message('answer', id))
    said.answered.add(id)
  }
  const options = { maxActive: 100, timeoutMs: 60_000 }
  engine.work(
    'ask',
    async (job) => {
      const id = textOf(job, 'id')
      noteInstance(said, [id, job.processInstanceKey])
      await answer(id)
      return done
    },
    options,
  )
  engine.work('end-it', () => Promise.resolve(done), options)
  await Promise.all([...said.promised].map((id) => engine.publish(message('begin', id))))
  await Promise.all([...said.instances.keys()].map(answer))
  while (engine.instanceCount() > 0) await turn()
  await engine.close()

  expect([...said.promised].filter((id) => !said.instances.has(id))).toEqual([])
  expect([...said.instances].filter(([, keys]) => keys.size !== 1)).toEqual([])
}, 60_000)

const done: JobVerdict = { kind: 'complete', variables: {} }

function message(name: string, id: string): Message {
  return { name, correlationKey: id, messageId: id, ttlMs: 3_600_000, variables: { id } }
}

function textOf(job: Job, name: string): string {
  const value = job.variables[name]
  return typeof value === 'string' ? value : ''
}

function noteInstance({ instances }: Said, [id = '', key = '']: readonly string[]): void {
  instances.set(id, (instances.get(id) ?? new Set()).add(key))
}

/** Ends with SIGKILL after the 150th promise of the round. */
async function runUntilKilled(round: number, file: string, said: Said): Promise<void> {
  const script = join(folder, `round-${String(round)}.js`)
  writeFileSync(script, program(round, file))
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  let promisedCount = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const [what, ...words] = line.split(' ')
    const [id = ''] = words
    if (what === 'instance') noteInstance(said, words)
    if (what === 'answered') said.answered.add(id)
    if (what !== 'promised') continue
    said.promised.add(id)
    if (++promisedCount === 150) child.kill('SIGKILL')
  }
  await ended
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
