import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { lookFor, run } from './command.ts'

/** Where fetched programs are kept, and servers of Java run: not in the temporary folder, which may lie in memory. */
const tools = resolve('.tools')

/** The folder of one fetched program. */
export function toolFolder(name: string): string {
  return join(tools, name)
}

/** A new folder of its own for a server's files. */
export function makeRunFolder(name: string): string {
  mkdirSync(join(tools, name), { recursive: true })
  return mkdtempSync(join(tools, name, 'run-'))
}

/** The machine's own Java may be older than another that it has. */
const candidates =
  'ls -d "${JAVA_HOME:-/none}/bin/java" /usr/lib/jvm/*/bin/java 2>/dev/null; command -v java'

/**
 * The first `java` of this machine that is at least so new: JAVA_HOME's, one below /usr/lib/jvm, or the one on the PATH.
 * Rejects with one sentence that begins with the name of who needs it.
 */
export async function findJava(who: string, versionMin: number): Promise<string> {
  for (const java of await lookFor(candidates)) {
    if ((await versionOf(java)) >= versionMin) return java
  }
  throw new Error(
    `${who} needs a Docker daemon, or Java ${String(versionMin)} or later (JAVA_HOME), and found neither`,
  )
}

async function versionOf(java: string): Promise<number> {
  const words = await run(java, '--version').catch(() => '')
  return Number(/^(?:openjdk|java) (\d+)/m.exec(words)?.[1] ?? 0)
}

/** Fetches something into a folder once: a fetch that broke off is begun again. Returns the folder. */
export async function fetchOnce(folder: string, fill: () => Promise<void>): Promise<string> {
  const mark = join(folder, '.complete')
  if (existsSync(mark)) return folder
  mkdirSync(folder, { recursive: true })
  await fill()
  writeFileSync(mark, '')
  return folder
}

/** Runs Maven, which fetches from its own settings' place. */
export async function runMaven(...args: readonly string[]): Promise<void> {
  await run('mvn', '-q', '-B', '-ntp', ...args)
}
