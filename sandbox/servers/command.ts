import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const outputBytesMax = 16 * 1024 * 1024

/** Runs a program to its end; what it printed, without white space around it. Rejects with what it complained of. */
export async function run(command: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execute(command, args, { encoding: 'utf8', maxBuffer: outputBytesMax })
  return stdout.trim()
}

/** Whether something ends well: a program, say, that may not even be there. */
export function succeeds(attempt: Promise<unknown>): Promise<boolean> {
  return attempt.then(
    () => true,
    () => false,
  )
}

/** The lines of what a shell finds, none when it finds nothing: it knows the PATH and the environment. */
export async function lookFor(script: string): Promise<readonly string[]> {
  const found = await run('sh', '-c', `${script}; true`)
  return found.split('\n').filter((line) => line !== '')
}
