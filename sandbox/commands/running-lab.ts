import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import type { LabUrls } from '../books/collect.ts'
import type { HttpClient } from '../http.ts'
import { bankNames } from '../seed.ts'

/** Where a lab is that somebody else has started: a file that says it, a base port, or each party by itself. */
export type LabAddress = {
  readonly lab?: string
  readonly basePort?: number
  readonly hub?: string
  readonly switch?: string
  readonly bank?: Readonly<Record<string, string>>
  readonly apiKeyFile?: string
}

/** A running lab, and the way to its parties. */
export type RunningLab = { readonly urls: LabUrls; readonly http: HttpClient }

/** The hub's port where nobody says otherwise (ARCHITECTURE.md §8). */
export const defaultBasePort = 4000

/** Where the parties of a lab at this base port answer (ARCHITECTURE.md §8). */
export function urlsAt(basePort: number): LabUrls {
  const at = (offset: number): string => `http://127.0.0.1:${basePort + offset}`
  const banks = bankNames.map((bank, index) => [bank, at(201 + index)] as const)
  return { hub: at(0), switch: at(100), banks: Object.fromEntries(banks) }
}

/** Finds a running lab, with a client that shows the hub its API key. Throws one sentence for a file that is not right. */
export function findLab(address: LabAddress, http: HttpClient): RunningLab {
  const { basePort = defaultBasePort, hub, bank } = address
  const known: KnownLab = address.lab === undefined ? urlsAt(basePort) : readLabFile(address.lab)
  const urls = {
    hub: hub ?? known.hub,
    switch: address.switch ?? known.switch,
    banks: { ...known.banks, ...bank },
  }
  const keyFile = address.apiKeyFile ?? known.apiKeyFile
  if (keyFile === undefined) return { urls, http }
  return { urls, http: showingKey(urls.hub, readText(keyFile).trim(), http) }
}

type KnownLab = LabUrls & { readonly apiKeyFile?: string }

const labFileSchema = z.object({
  hub: z.string(),
  switch: z.string(),
  banks: z.record(z.string(), z.string()),
  apiKeyFile: z.string().optional(),
})

/** As `start --json` prints it and `setup` writes it; a key's file is looked for beside it. */
function readLabFile(file: string): KnownLab {
  const { apiKeyFile, ...urls } = parseLab(file, readText(file))
  return {
    ...urls,
    ...(apiKeyFile === undefined ? {} : { apiKeyFile: resolve(dirname(file), apiKeyFile) }),
  }
}

function parseLab(file: string, text: string): z.infer<typeof labFileSchema> {
  try {
    return labFileSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new Error(`${file} does not say where a lab is`, { cause })
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Error(`cannot read ${file}`, { cause })
  }
}

/** The key is the hub's: nobody else gets to see it. */
function showingKey(hub: string, key: string, http: HttpClient): HttpClient {
  return {
    send: (request) => {
      if (!request.url.startsWith(`${hub}/`)) return http.send(request)
      const headers = { ...request.headers, authorization: `Bearer ${key}` }
      return http.send({ ...request, headers })
    },
  }
}
