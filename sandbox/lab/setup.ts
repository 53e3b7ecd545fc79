import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { defaultTimes } from '../../hub/config.ts'
import type { LabUrls } from '../books/collect.ts'
import type { Clock } from '../clock.ts'
import { bankNames, readSwitchSeed } from '../seed.ts'
import { hubConfig } from './hub-config.ts'
import { loadLabKeys } from './keys.ts'
import type { Participant } from './party.ts'
import { participantOf, planLab, type Plan } from './plan.ts'

/** The servers of a cluster, each as host:port. */
export type ClusterServers = {
  readonly zeebe: string
  readonly kafka: string
  readonly postgres: string
}

/** What parties that start one by one are set up with. */
export type SetupOptions = {
  /** Holds a folder for each party, so that each may be shown its own and no other's. */
  readonly data: string
  /** Where everybody will answer, as the others see it. */
  readonly urls: LabUrls
  /** Where the hub takes what the switch tells; beside its other routes unless it has a place of its own. */
  readonly peers?: string
  /** With servers the hub is cut into roles that share them; without, it is one program with files of its own. */
  readonly servers?: ClusterServers
}

/**
 * Makes, once, what parties that start one by one must share: in `hub` the configuration with the banks' keys, in `switch`
 * its key, in `client` an API key and where everybody is, in `database` a password. What an earlier run has made is kept,
 * and then this tells `kept`. Rejects with one sentence where it was made for the other kind of hub.
 */
export async function setUpLab(options: SetupOptions, clock: Clock): Promise<'made' | 'kept'> {
  const { data, servers } = options
  const hubFile = join(data, 'hub', 'hub.json')
  if (existsSync(hubFile)) {
    if (servers && !isForCluster(hubFile)) throw new Error(otherKind(data))
    return 'kept'
  }
  for (const folder of ['hub', 'switch', 'client', 'database']) {
    mkdirSync(join(data, folder), { recursive: true, mode: 0o700 })
  }
  const plan = await planSetup(options, clock)
  writePrivate(join(data, 'switch', switchFile), { participants: plan.banks.map(participantOf) })
  writePrivate(join(data, 'client', 'lab.json'), { ...options.urls, apiKeyFile: 'api-key' })
  const parts = {
    ...tenantsInFiles(plan),
    apiKeys: [apiKeyOf(data, clock)],
    ...(servers ? sharedParts(data, servers, clock) : {}),
  }
  // The last file, and whole or not there: it says that all the others are.
  writePrivate(`${hubFile}.new`, parts)
  renameSync(`${hubFile}.new`, hubFile)
  return 'made'
}

const switchFile = 'switch.json'

const switchFileSchema = z.object({
  participants: z.array(
    z.object({ name: z.string(), callbackUrl: z.string(), publicKeyPem: z.string() }),
  ),
})

/** What the switch was set up with. Throws one sentence where it was not. */
export function readSwitchSetup(folder: string): {
  readonly privateKeyPem: string
  readonly participants: readonly Participant[]
} {
  try {
    const text = readFileSync(join(folder, switchFile), 'utf8')
    const { participants } = switchFileSchema.parse(JSON.parse(text))
    const { name } = readSwitchSeed()
    return { participants, privateKeyPem: readFileSync(join(folder, `${name}.pem`), 'utf8') }
  } catch (cause) {
    throw new Error(`${folder} was not set up for the switch: see kivuko-lab setup`, { cause })
  }
}

function otherKind(data: string): string {
  return `${data} is set up for a hub in one program, and its books are in that hub's files: start that one again, or set up another folder for the cluster`
}

function isForCluster(hubFile: string): boolean {
  const known = z.object({ engine: z.string().optional() })
  return known.parse(JSON.parse(readFileSync(hubFile, 'utf8'))).engine === 'zeebe'
}

/** The hub is given the keys of all banks, for it signs in their names; the switch's own stays with the switch. */
async function planSetup({ data, urls, peers }: SetupOptions, clock: Clock): Promise<Plan> {
  const { name: switchId } = readSwitchSeed()
  const bankKeys = await loadLabKeys(join(data, 'hub'), bankNames, clock)
  const switchKeys = await loadLabKeys(join(data, 'switch'), [switchId], clock)
  const keys = new Map([...bankKeys, ...switchKeys])
  const options = { basePort: 0, dataDir: data, keys, times: defaultTimes }
  const plan = await planLab(options, clock)
  return {
    ...plan,
    hubUrl: urls.hub,
    switchUrl: urls.switch,
    banks: plan.banks.map((bank) => {
      const { name } = bank.seed
      const callbackUrl = `${peers ?? urls.hub}/fsp/${name}`
      return { ...bank, url: urls.banks[name] ?? bank.url, callbackUrl }
    }),
  }
}

/** The hub's configuration as a file says it: the keys stay in files of their own, beside it. */
function tenantsInFiles(plan: Plan): object {
  const { lab, bodyBytesMax, tenants } = hubConfig(plan, defaultTimes)
  return {
    lab,
    bodyBytesMax,
    tenants: tenants.map((tenant) => {
      const secret = { file: `${tenant.fspId}.secret` }
      const signingKeyPem = { file: `${tenant.fspId}.pem` }
      const mojaloop = { ...tenant.mojaloop, signingKeyPem, ilpSecret: secret }
      return { ...tenant, callbackSecret: secret, mojaloop }
    }),
  }
}

/** Everything but this machine itself needs a key: the lab's own programs have one that opens every door. */
function apiKeyOf(data: string, clock: Clock): object {
  const key = keptText(join(data, 'client', 'api-key'), () => `kvk_${randomText(clock)}`)
  const sha256 = createHash('sha256').update(key).digest('hex')
  return { name: 'lab', sha256, tenants: bankNames, operator: true }
}

function sharedParts(data: string, servers: ClusterServers, clock: Clock): object {
  const { zeebe, kafka, postgres } = servers
  const passwordFile = join(data, 'database', 'password')
  const password = keptText(passwordFile, () => randomText(clock))
  // The database runs as a user of its own. Who may see the folder is decided by who is given it.
  chmodSync(passwordFile, 0o444)
  const url = `postgres://kivuko:${password}@${postgres}/kivuko`
  writeFileSync(join(data, 'hub', 'postgres.url'), url, { mode: 0o600 })
  return {
    roles: ['channel'],
    engine: 'zeebe',
    zeebe: { gatewayAddress: zeebe },
    store: 'postgres',
    postgres: { url: { file: 'postgres.url' } },
    events: 'kafka',
    kafka: { brokers: [kafka] },
  }
}

function randomText(clock: Clock): string {
  return Buffer.from(clock.randomBytes(32)).toString('hex')
}

/** An earlier run that was cut off has handed out what it made already. */
function keptText(file: string, make: () => string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8')
  const text = make()
  writeFileSync(file, text, { mode: 0o600 })
  return text
}

function writePrivate(file: string, content: object): void {
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
}
