import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { z } from 'zod'

const modulusBitsMin = 2048

const fspName = z.string().regex(/^[^\s/]{1,32}$/, 'is 1 to 32 characters without spaces')

/** What one FSP needs to speak FSPIOP with one switch. URLs, keys and the ILP secret have no default. */
export const mojaloopConfigSchema = z.object({
  /** The FSP's own name in the scheme: FSPIOP-Source of all that it sends. */
  fspId: fspName,
  /** The switch's own name: FSPIOP-Source of what the switch itself tells. */
  switchId: fspName,
  /** Where the switch answers, up to the resource: "https://switch.example/fsp/1.0". */
  switchUrl: z.url({ protocol: /^https?$/ }),
  /** PEM of the FSP's RSA private key, 2048 bits or more; it signs every body that leaves. */
  signingKeyPem: z.string().refine(isRsaPrivateKey, 'is not the PEM of an RSA key of 2048 bits'),
  /** PEM of the public key (or certificate) of everyone who may tell this FSP something, by name; the switch included. */
  peerKeyPems: z.record(
    fspName,
    z.string().refine(isRsaPublicKey, 'is not the PEM of an RSA key of 2048 bits'),
  ),
  /** From which the fulfilments of this FSP's quotes derive; nobody else may know it. */
  ilpSecret: z.string().min(16),
  /** The version of FSPIOP that the switch speaks; 1.0 knows neither RESERVED nor PATCH for a payee. */
  apiVersion: z.enum(['1.0', '1.1']).default('1.1'),
  /** How long the switch may take to accept a message, in ms. */
  timeoutMs: z.int().min(1).max(120_000).default(10_000),
})

/** One FSP's configuration, once it is read. */
export type MojaloopConfig = z.infer<typeof mojaloopConfigSchema>

function isRsaPrivateKey(pem: string): boolean {
  return isLongRsaKey(() => createPrivateKey(pem))
}

function isRsaPublicKey(pem: string): boolean {
  return isLongRsaKey(() => createPublicKey(pem))
}

function isLongRsaKey(read: () => KeyObject): boolean {
  try {
    const key = read()
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    return key.asymmetricKeyType === 'rsa' && bits >= modulusBitsMin
  } catch {
    return false
  }
}
