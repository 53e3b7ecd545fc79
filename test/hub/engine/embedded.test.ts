import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { createEmbeddedEngine } from '../../../hub/engine/embedded/embedded-engine.ts'
import type { EngineUnderTest } from '../../contract/engine.ts'
import { engineContract } from '../../contract/engine.ts'
import { playScenario } from '../../support/engine-scenario.ts'
import type { FakeClock } from '../../support/fake-clock.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'kivuko-engine-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

let files = 0

engineContract('The embedded engine', () => {
  const file = join(folder, `${String(files++)}.db`)
  return Promise.resolve(openEngine(file, createFakeClock()))
})

function openEngine(file: string, clock: FakeClock): EngineUnderTest {
  const engine = createEmbeddedEngine({ file }, { clock, log: silentLog })
  return {
    engine,
    advance: clock.advance,
    settle: () => clock.advance(0),
    incidents: () => Promise.resolve(engine.incidents()),
    restart: async () => {
      await engine.close()
      return openEngine(file, clock)
    },
  }
}

describe('The embedded engine, step by step', () => {
  const scenarios = join(import.meta.dirname, 'scenarios')
  it.each(readdirSync(scenarios))('does what the real engine did: %s', async (name) => {
    const recorded = readFileSync(join(scenarios, name, 'trace.txt'), 'utf8').trimEnd()
    expect((await playScenario(join(scenarios, name))).join('\n')).toBe(recorded)
  })
})
