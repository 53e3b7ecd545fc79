import { existsSync, rmSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { playDemo, type DemoOptions } from '../../../sandbox/commands/demo.ts'
import type { Lab } from '../../../sandbox/lab.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createFakeNetwork } from '../../support/fake-network.ts'
import { aTerminal } from '../demo/support.ts'

const options: DemoOptions = { direct: ['ibis'], keep: false }

/** A lab that nobody answers in. */
function aSilentLab() {
  const seen = { dataDir: '', direct: [] as readonly string[], closed: 0 }
  const lab: Lab = {
    hub: 'http://hub:4000',
    switch: 'http://switch:4100',
    banks: {},
    operators: {},
    close: async () => {
      seen.closed++
    },
    restartHub: async () => undefined,
  }
  const start = async (dataDir: string, direct: readonly string[]): Promise<Lab> => {
    Object.assign(seen, { dataDir, direct })
    return lab
  }
  return { seen, start }
}

function ports(stopped: Promise<void>) {
  const { terminal, written } = aTerminal()
  const clock = createFakeClock()
  return { ports: { terminal, clock, http: createFakeNetwork(), stopped }, written }
}

describe('playDemo', () => {
  it('takes its lab down when it is stopped, and leaves no file', async () => {
    const { seen, start } = aSilentLab()
    const played = await playDemo(options, start, ports(Promise.resolve()).ports)
    expect(played).toBeUndefined()
    expect(seen).toMatchObject({ direct: ['ibis'], closed: 1 })
    expect(seen.dataDir).not.toBe('')
    expect(existsSync(seen.dataDir)).toBe(false)
  })

  it('leaves no file of a lab that could not be started', async () => {
    let dataDir = ''
    const start = (folder: string): Promise<Lab> => {
      dataDir = folder
      return Promise.reject(new Error('port 4000 is in use'))
    }
    const playing = playDemo(options, start, ports(new Promise(() => undefined)).ports)
    await expect(playing).rejects.toThrow('port 4000 is in use')
    expect(existsSync(dataDir)).toBe(false)
  })

  it('keeps the files when it is told to, and says where they are', async () => {
    const { seen, start } = aSilentLab()
    const { ports: given, written } = ports(Promise.resolve())
    await playDemo({ ...options, keep: true }, start, given)
    expect(existsSync(seen.dataDir)).toBe(true)
    expect(written()).toContain(`The lab's files are in ${seen.dataDir}`)
    rmSync(seen.dataDir, { recursive: true })
  })

  it('starts nothing for a file that cannot be read', async () => {
    const { seen, start } = aSilentLab()
    const csv = '/no/such/file.csv'
    const playing = playDemo({ ...options, csv }, start, ports(Promise.resolve()).ports)
    await expect(playing).rejects.toThrow('cannot read /no/such/file.csv')
    expect(seen.dataDir).toBe('')
  })
})
