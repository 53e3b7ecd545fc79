#!/usr/bin/env node
import { mkdirSync } from 'node:fs'
import { Command } from 'commander'
import { createSystemClock } from './clock.ts'
import { readHubConfig } from './config.ts'
import { createSocketNetwork } from './http-server.ts'
import { createLog } from './log.ts'
import { startHub } from './main.ts'
import { tenantParts, type HubConfig } from './wiring/connectors.ts'

const { stdout, stderr } = process

async function start(): Promise<void> {
  const stopped = untilStopped()
  const config = readHubConfig(tenantParts)
  const clock = createSystemClock()
  const log = createLog(
    {
      level: config.logLevel ?? 'info',
      ...(config.logFile === undefined ? {} : { to: config.logFile }),
    },
    { clock },
  )
  if (config.store === 'sqlite' && config.dataDir !== ':memory:')
    mkdirSync(config.dataDir, { recursive: true })
  const hub = await startHub(config, { clock, log, network: createSocketNetwork({ clock, log }) })
  stdout.write(`${JSON.stringify({ hub: hub.url, roles: config.roles, fsps: fspsOf(config) })}\n`)
  await stopped
  await hub.close()
}

/** Reads the whole configuration and says who would be served, or everything that is wrong with it. */
function checkConfig(): void {
  stdout.write(`${JSON.stringify({ fsps: fspsOf(readHubConfig(tenantParts)) })}\n`)
}

function fspsOf({ tenants }: HubConfig): readonly string[] {
  return tenants.map(({ fspId }) => fspId)
}

function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}

const program = new Command('kivuko')
  .description(
    'The Kivuko payment hub. Its configuration: KIVUKO_CONFIG and the variables of .env.example.',
  )
  .showHelpAfterError('(--help says what there is)')

program
  .command('start')
  .description('Starts the hub and keeps it up until it is told to end (SIGINT, SIGTERM).')
  .action(start)

program
  .command('check-config')
  .description('Reads the configuration and says all that is wrong with it; starts nothing.')
  .action(checkConfig)

program.parseAsync().catch((failure: unknown) => {
  stderr.write(`kivuko: ${failure instanceof Error ? failure.message : String(failure)}\n`)
  process.exitCode = 1
})
