import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LabUrls } from '../books/collect.ts'
import { runDemo, type DemoLab } from '../demo/demo.ts'
import { parseDemoRows, type DemoRow } from '../demo/parse-rows.ts'
import type { DemoPorts } from '../demo/send-row.ts'
import type { Lab } from '../lab.ts'
import { showSettlement } from './settle.ts'
import type { Terminal } from '../terminal.ts'

/** Which payments, with which banks on their own feet, and whether the lab's files are kept. */
export type DemoOptions = {
  readonly csv?: string
  readonly direct: readonly string[]
  readonly keep: boolean
}

/** A lab that is a demo's own. */
type OwnLab = LabUrls & Pick<Lab, 'close'>

/** Starts a lab on free ports whose files are in this folder. */
export type StartDemoLab = (dataDir: string, direct: readonly string[]) => Promise<OwnLab>

/** What a demo needs; `stopped` settles when the person at the terminal has seen enough. */
export type PlayPorts = DemoPorts & {
  readonly terminal: Terminal
  readonly stopped: Promise<void>
}

/**
 * Runs the demo in a lab of its own, which is taken down at the end, its files with it. True if all was as expected;
 * undefined when it was stopped, and then what it was doing may still be waiting.
 */
export async function playDemo(
  options: DemoOptions,
  startLab: StartDemoLab,
  ports: PlayPorts,
): Promise<boolean | undefined> {
  const { terminal } = ports
  const rows = readRows(options.csv)
  const dataDir = mkdtempSync(join(tmpdir(), 'kivuko-demo-'))
  try {
    const lab = await startLab(dataDir, options.direct)
    try {
      terminal.line(`A lab of its own is up: the hub at ${lab.hub}, the switch at ${lab.switch}.`)
      const stopped = ports.stopped.then(() => undefined)
      return await Promise.race([payAndSettle(rows, demoLab(lab, options), ports), stopped])
    } finally {
      await lab.close()
    }
  } finally {
    if (options.keep) terminal.line(`The lab's files are in ${dataDir}`)
    else rmSync(dataDir, { recursive: true, force: true })
  }
}

/**
 * Runs the demo in a lab that somebody else has started, and leaves it up. True if all was as expected, whatever it had
 * been through before; undefined when it was stopped.
 */
export async function playDemoAt(
  urls: LabUrls,
  options: Pick<DemoOptions, 'csv' | 'direct'>,
  ports: PlayPorts,
): Promise<boolean | undefined> {
  const rows = readRows(options.csv)
  ports.terminal.line(`The lab that is up already: the hub at ${urls.hub}.`)
  const lab = { ...urls, direct: options.direct }
  const stopped = ports.stopped.then(() => undefined)
  return Promise.race([payAndSettle(rows, lab, ports), stopped])
}

/** Whatever the payments have come to, the banks end the day by settling what they owe each other. */
async function payAndSettle(
  rows: readonly DemoRow[],
  lab: DemoLab,
  ports: PlayPorts,
): Promise<boolean> {
  const isRight = await runDemo(rows, lab, ports)
  ports.terminal.line()
  ports.terminal.line('The day ends: the switch closes its window, and the banks settle.')
  const isSettled = await showSettlement(lab, ports)
  return isRight && isSettled
}

function demoLab(lab: OwnLab, { direct }: DemoOptions): DemoLab {
  return { hub: lab.hub, switch: lab.switch, banks: lab.banks, direct }
}

/** Beside the compiled code there is a copy of the lab's own file. */
const ownCsv = fileURLToPath(new URL('../demo/transfers.csv', import.meta.url))

function readRows(csv: string | undefined): readonly DemoRow[] {
  const file = csv ?? ownCsv
  return parseDemoRows(readText(file))
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Error(`cannot read ${file}`, { cause })
  }
}
