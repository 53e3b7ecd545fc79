import { describe, expect, it } from '@jest/globals'
import { hubRoles, type HubRole } from '../../../hub/config/parts.ts'
import { jobsOf, readWorkflows } from '../../../hub/wiring/workflows.ts'
import type { WorkflowPorts } from '../../../hub/workflow.ts'

/** Steps are made, never run. */
const noPorts = {} as WorkflowPorts

const typesOf = (...roles: HubRole[]) => Object.keys(jobsOf(roles, noPorts)).toSorted()

describe('the jobs of the workflows', () => {
  it('are each served by one kind of worker, and all of them by the two kinds together', () => {
    const drawn = readWorkflows().flatMap(({ xml }) =>
      [...xml.matchAll(/<zeebe:taskDefinition type="([^"]+)"/g)].map(([, type]) => type ?? ''),
    )
    const ledger = typesOf('worker:ledger')
    const others = typesOf('worker:switch')
    expect([...ledger, ...others].toSorted()).toEqual([...new Set(drawn)].toSorted())
    expect(ledger).toContain('reserve-funds')
    expect(others).toContain('prepare-transfer')
    expect(typesOf(...hubRoles)).toEqual([...new Set(drawn)].toSorted())
  })

  it('are nobody else’s', () => {
    expect(typesOf('channel', 'peers', 'relay', 'projections')).toEqual([])
  })
})
