import { createPublicKey, generateKeyPair } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Clock } from '../clock.ts'

/** What one participant of the lab signs and seals with. Lab keys: made here, kept in the data folder, good for nothing else. */
export type LabKey = {
  readonly privateKeyPem: string
  readonly publicKeyPem: string
  /** 64 hex digits; ILP fulfilments derive from it. */
  readonly secret: string
}

const modulusLength = 2048

/** Reads the keys of all participants from a folder, making those that are missing. */
export async function loadLabKeys(
  folder: string,
  names: readonly string[],
  clock: Clock,
): Promise<ReadonlyMap<string, LabKey>> {
  mkdirSync(folder, { recursive: true })
  const keys = await Promise.all(names.map((name) => loadKey(folder, name, clock)))
  return new Map(names.map((name, n) => [name, keys[n]] as const).filter(isPresent))
}

/** A fresh key that is kept nowhere. */
export async function makeLabKey(clock: Clock): Promise<LabKey> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength })
  const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return withPublic(privateKeyPem, Buffer.from(clock.randomBytes(32)).toString('hex'))
}

async function loadKey(folder: string, name: string, clock: Clock): Promise<LabKey> {
  const pemFile = join(folder, `${name}.pem`)
  const secretFile = join(folder, `${name}.secret`)
  if (existsSync(pemFile) && existsSync(secretFile)) {
    return withPublic(readFileSync(pemFile, 'utf8'), readFileSync(secretFile, 'utf8'))
  }
  const key = await makeLabKey(clock)
  writeFileSync(secretFile, key.secret, { mode: 0o600 })
  writeFileSync(pemFile, key.privateKeyPem, { mode: 0o600 })
  return key
}

function withPublic(privateKeyPem: string, secret: string): LabKey {
  const publicKeyPem = createPublicKey(privateKeyPem)
    .export({ type: 'spki', format: 'pem' })
    .toString()
  return { privateKeyPem, publicKeyPem, secret }
}

function isPresent(
  entry: readonly [string, LabKey | undefined],
): entry is readonly [string, LabKey] {
  return entry[1] !== undefined
}
