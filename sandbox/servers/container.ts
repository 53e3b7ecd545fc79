import { run, succeeds } from './command.ts'
import type { Runner } from './server.ts'

/** A container as `docker create` takes it. */
export type Container = {
  readonly name: string
  readonly image: string
  /** Options of `docker create`, before the image. */
  readonly options?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** What follows the image. */
  readonly args?: readonly string[]
}

/** Whether a Docker daemon answers. */
export function hasDocker(): Promise<boolean> {
  return succeeds(run('docker', 'info'))
}

/** The same, where a container's ports can be the machine's own without being told one by one: only on Linux. */
export async function hasHostNetwork(): Promise<boolean> {
  return process.platform === 'linux' && (await hasDocker())
}

/** Runs a server in a container of its own, which is made at the first start. */
export function runContainer({ name, image, ...more }: Container): Runner {
  const { options = [], env = {}, args = [] } = more
  const settings = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`])
  let isCreated = false
  return {
    start: async () => {
      if (!isCreated) {
        await run('docker', 'create', '--name', name, ...options, ...settings, image, ...args)
      }
      isCreated = true
      await run('docker', 'start', name)
    },
    kill: async () => {
      if (isCreated) await succeeds(run('docker', 'kill', '--signal', 'KILL', name))
    },
    remove: async () => {
      if (isCreated) await run('docker', 'rm', '--force', '--volumes', name)
    },
    ended: async () => {
      const state = await run('docker', 'inspect', '--format', '{{.State.Running}}', name)
      return state === 'true' ? undefined : run('docker', 'logs', '--tail', '20', name)
    },
  }
}
