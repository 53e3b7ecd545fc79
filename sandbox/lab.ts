import { defaultTimes } from '../hub/config.ts'
import { startHub, type HubPorts } from '../hub/main.ts'
import type { Times } from '../hub/workflow.ts'
import { closeAll, type Close } from './lab/closing.ts'
import { prepareDataFolder } from './lab/data-folder.ts'
import { hubConfig, type HubParts } from './lab/hub-config.ts'
import { planLab, type PlanOptions } from './lab/plan.ts'
import { onFreePorts } from './lab/ports.ts'
import { openWorld, type WorldPorts } from './lab/world.ts'
import { startWorldThread } from './lab/world-thread.ts'

/** What is asked of a lab. */
export type LabOptions = PlanOptions & {
  /** The hub's port; the others follow from it. 0 picks a free run. */
  readonly basePort: number
  /** Throws away what an earlier run left. */
  readonly fresh?: boolean
  /** Changes the lab's times, for tests. */
  readonly times?: Partial<Times>
  /** The servers that the hub uses instead of files of its own. */
  readonly parts?: HubParts
  /** Gives the banks and the switch a thread of their own, so that the hub has a core to itself. Only for compiled code. */
  readonly worldThread?: boolean
}

/** The hub and the sandbox each have their own clock and network; in a simulator both sides share one. */
export type LabPorts = {
  readonly hub: HubPorts
  readonly sandbox: WorldPorts
}

/** A running lab: where everybody answers. */
export type Lab = {
  readonly hub: string
  readonly switch: string
  readonly banks: Readonly<Record<string, string>>
  readonly operators: Readonly<Record<string, string>>
  close(): Promise<void>
  /** Ends the hub as a power cut would and starts it again on its files. */
  restartHub(): Promise<void>
}

/**
 * Starts four banks, a switch and the hub in this process, on files that survive it. What an earlier run left is gone on
 * with. Rejects with one sentence when a port or the data folder is in use.
 */
export async function startLab(options: LabOptions, ports: LabPorts): Promise<Lab> {
  prepareDataFolder(options.dataDir, { fresh: options.fresh === true })
  if (options.basePort !== 0) return openLab(options, ports)
  return onFreePorts(ports.sandbox.network, (basePort) => openLab({ ...options, basePort }, ports))
}

async function openLab(options: LabOptions, ports: LabPorts): Promise<Lab> {
  const times = { ...defaultTimes, ...options.times }
  const plan = await planLab({ ...options, times }, ports.sandbox.clock)
  const config = hubConfig(plan, times, options.parts)
  const opened: Close[] = []
  try {
    const opening = options.worldThread ? startWorldThread(plan) : openWorld(plan, ports.sandbox)
    opened.push(await opening)
    let hub = await startHub(config, ports.hub)
    opened.push(() => hub.close())
    return {
      hub: plan.hubUrl,
      switch: plan.switchUrl,
      banks: Object.fromEntries(plan.banks.map(({ seed, url }) => [seed.name, url])),
      operators: {},
      close: () => closeAll(opened),
      restartHub: async () => {
        hub.crash()
        hub = await startHub(config, ports.hub)
      },
    }
  } catch (failure) {
    await closeAll(opened)
    throw failure
  }
}
