import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { HubRole } from '../../../hub/config/parts.ts'
import { runProgram } from '../../servers/program.ts'
import { startServer, type Server, type ServerPorts } from '../../servers/server.ts'

/** One process of the hub: what it is for, where it listens and what it reads. */
export type HubProcessOptions = {
  /** Its name among the others, and its folder's. */
  readonly name: string
  readonly roles: readonly HubRole[]
  readonly port: number
  /** The JSON file that all processes share. */
  readonly configFile: string
  /** The compiled `hub/cli.js`. */
  readonly program: string
  /** Its log and its errors go to a folder of its own in there. */
  readonly folder: string
}

/** A process of the hub that is up, and may be killed. */
export type HubProcess = Server & {
  readonly name: string
  readonly roles: readonly HubRole[]
  /** Asks it to end (SIGTERM) and waits until it has; rejects when it takes longer than 20 s. */
  end(): Promise<void>
}

const answerMsMax = 1_000
const endMsMax = 20_000

/** Starts `kivuko start` for some roles and waits until it is ready. Rejects with what it said last when it does not come up. */
export async function startHubProcess(
  options: HubProcessOptions,
  ports: ServerPorts,
): Promise<HubProcess> {
  const { name, roles, port, configFile, program } = options
  const folder = join(options.folder, name)
  mkdirSync(folder, { recursive: true })
  const runner = runProgram({
    command: [process.execPath, program, 'start'],
    folder,
    env: { KIVUKO_CONFIG: configFile, KIVUKO_ROLES: roles.join(), KIVUKO_PORT: String(port) },
  })
  const url = `http://127.0.0.1:${String(port)}/health/ready`
  const isUp = (): Promise<boolean> => {
    const asking = ports.network.send({ method: 'GET', url, headers: {}, timeoutMs: answerMsMax })
    return asking.then(
      ({ status }) => status === 200,
      () => false,
    )
  }
  const server = await startServer({ name: `the hub's process ${name}`, runner, isUp }, ports)
  return { ...server, name, roles, end: () => endInTime(name, runner.end(), ports) }
}

function endInTime(name: string, ended: Promise<void>, { clock }: ServerPorts): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(endMsMax, () => {
      reject(new Error(`${name} did not end within ${String(endMsMax)} ms`))
    })
    void ended.then(() => {
      cancel()
      resolve()
    })
  })
}
