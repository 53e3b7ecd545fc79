import { Unavailable } from '../../hub/connector.ts'
import { NoResponse, NotSent } from '../../hub/http.ts'
import type { FineractConfig, Ports } from './config.ts'
import { parseExactJson } from './exact-json.ts'
import { tokenSchema } from './wire.ts'

/** What a call is authorised with. */
export type Credential = {
  /** The value of Authorization. Throws `Unavailable` when the identity provider gives none. */
  readonly current: () => Promise<string>
  /** Whether another one can be had after a 401. */
  readonly renewable: boolean
  readonly forget: () => void
}

/** A token is renewed this long before it ends, so that it does not end on its way. */
const renewBeforeMs = 10_000

/** Of a token whose lifetime is not told. */
const lifetimeMsElse = 60_000

/** Makes the credential of one core: HTTP Basic, or a bearer token by client credentials, fetched once for all callers. */
export function createCredential(config: FineractConfig, ports: Ports): Credential {
  const { auth } = config
  if (auth.kind === 'oauth') return createTokenCredential({ ...config, auth }, ports)
  const basic = Buffer.from(`${auth.username}:${auth.password}`, 'utf8').toString('base64')
  return { current: async () => `Basic ${basic}`, renewable: false, forget: () => undefined }
}

type OAuthConfig = FineractConfig & {
  readonly auth: Extract<FineractConfig['auth'], { readonly kind: 'oauth' }>
}
type Token = { readonly value: string; readonly endsAt: number }

function createTokenCredential(config: OAuthConfig, ports: Ports): Credential {
  let pending: Promise<Token> | undefined
  const drop = (dropped: Promise<Token>): void => {
    if (pending === dropped) pending = undefined
  }
  const fetchOnce = (): Promise<Token> => {
    if (pending !== undefined) return pending
    const fetching = fetchToken(config, ports)
    pending = fetching
    fetching.catch(() => drop(fetching))
    return fetching
  }
  return {
    current: async () => {
      const fetching = fetchOnce()
      const token = await fetching
      if (ports.clock.now() < token.endsAt) return `Bearer ${token.value}`
      drop(fetching)
      return `Bearer ${(await fetchOnce()).value}`
    },
    renewable: true,
    forget: () => {
      pending = undefined
    },
  }
}

async function fetchToken(config: OAuthConfig, { http, clock }: Ports): Promise<Token> {
  const { tokenUrl, clientId, clientSecret } = config.auth
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  })
  const response = await http
    .send({
      method: 'POST',
      url: tokenUrl,
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
      },
      bytes: Buffer.from(form.toString()),
      timeoutMs: config.timeoutMs,
    })
    .catch((cause: unknown) => {
      if (!(cause instanceof NotSent) && !(cause instanceof NoResponse)) throw cause
      throw new Unavailable('the identity provider could not be reached', { cause })
    })
  const body = parseExactJson(Buffer.from(response.bytes).toString('utf8'))
  const read = tokenSchema.safeParse(body)
  if (response.status !== 200 || !read.success)
    throw new Unavailable(`the identity provider answered ${response.status}`)
  const { access_token: value, expires_in: seconds } = read.data
  const lifetimeMs = seconds === undefined ? lifetimeMsElse : parseInt(seconds, 10) * 1000
  return { value, endsAt: clock.now() + Math.max(lifetimeMs - renewBeforeMs, 0) }
}
