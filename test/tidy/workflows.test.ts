import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { drawBpmn } from '../support/diagrams/draw.ts'
import { readProcess } from './bpmn-process.ts'
import {
  errorsAreKnown,
  everythingIsDrawn,
  flowsReadLeftToRight,
  flowsRunBetweenShapes,
  forksHaveADefault,
  jobsAreServed,
  messagesArePublished,
  namesFit,
  reservedFundsAreSettled,
  shapesStandApart,
  type BpmnRule,
} from './bpmn-rules.ts'
import { filesBelow, foldersIn, read, root, shippedSources } from './tree.ts'

const workflows = foldersIn('workflows')
const banks = filesBelow('sandbox/seed').map((path) => path.replace(/^.*\/|[.]json$/g, ''))

/** Job types of a workflow: the names of the steps that its jobs.ts returns. */
async function stepsOf(workflow: string): Promise<readonly string[]> {
  const jobs: Record<string, unknown> = await import(join(root, 'workflows', workflow, 'jobs.ts'))
  const factories = Object.values(jobs).filter((value) => typeof value === 'function')
  expect(factories).toHaveLength(1)
  return Object.keys(factories[0]?.({}) as object)
}

/** Codes that a step can throw: the constants of job-outcome.ts. */
function thrownCodes(): readonly string[] {
  const { text } = read('hub/engine/job-outcome.ts')
  return [...text.matchAll(/Error = '([a-z-]+)'/g)].map(([, code]) => code ?? '')
}

describe.each(workflows)('workflow %s', (workflow) => {
  const bpmn = `workflows/${workflow}/${workflow}.bpmn`

  it.each<[string, BpmnRule]>([
    ['draws everything', everythingIsDrawn],
    ['keeps shapes apart', shapesStandApart],
    ['leads flows around shapes', flowsRunBetweenShapes],
    ['reads from left to right', flowsReadLeftToRight],
    ['has a default at every fork', forksHaveADefault],
    ['settles reserved funds', reservedFundsAreSettled],
    ['is named as its folder, after no bank', namesFit(workflow, banks)],
    ['catches only what is thrown', errorsAreKnown(thrownCodes())],
    ['waits for messages that somebody publishes', messagesArePublished(shippedSources)],
  ])('%s', async (_, rule) => {
    expect(rule(await readProcess(read(bpmn).text))).toEqual([])
  })

  it('serves each job type once', async () => {
    const steps = await stepsOf(workflow)
    expect(jobsAreServed(steps)(await readProcess(read(bpmn).text))).toEqual([])
  })

  it('shows its diagram as it is: npm run draw', async () => {
    const svg = bpmn.replace(/bpmn$/, 'svg')
    expect(existsSync(join(root, svg))).toBe(true)
    expect(read(svg).text).toBe(await drawBpmn(read(bpmn).text))
  })
})

describe('job types', () => {
  it('belong to one workflow each', async () => {
    const types = (await Promise.all(workflows.map(stepsOf))).flat()
    expect(types.filter((type, index) => types.indexOf(type) !== index)).toEqual([])
  })
})
