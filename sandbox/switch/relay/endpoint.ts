import { callbackBase } from '../ledger/participants.ts'

type Endpoint = { readonly type: string; readonly value: string }

/** The endpoint types of the OSS switch, for each kind of message; `:x` fills `{{x}}` of the endpoint's template. */
const endpointTypes: readonly (readonly [method: string, path: string, type: string])[] = [
  ['GET', '/parties/:partyIdType/:partyIdentifier', 'PARTIES_GET'],
  ['PUT', '/parties/:partyIdType/:partyIdentifier', 'PARTIES_PUT'],
  ['PUT', '/parties/:partyIdType/:partyIdentifier/error', 'PARTIES_PUT_ERROR'],
  ['GET', '/parties/:partyIdType/:partyIdentifier/:partySubIdOrType', 'PARTIES_SUB_ID_GET'],
  ['PUT', '/parties/:partyIdType/:partyIdentifier/:partySubIdOrType', 'PARTIES_SUB_ID_PUT'],
  [
    'PUT',
    '/parties/:partyIdType/:partyIdentifier/:partySubIdOrType/error',
    'PARTIES_SUB_ID_PUT_ERROR',
  ],
  ['PUT', '/participants/:requestId', 'PARTICIPANT_BATCH_PUT'],
  ['PUT', '/participants/:partyIdType/:partyIdentifier', 'PARTICIPANT_PUT'],
  ['PUT', '/participants/:partyIdType/:partyIdentifier/error', 'PARTICIPANT_PUT_ERROR'],
  [
    'PUT',
    '/participants/:partyIdType/:partyIdentifier/:partySubIdOrType',
    'PARTICIPANT_SUB_ID_PUT',
  ],
  [
    'PUT',
    '/participants/:partyIdType/:partyIdentifier/:partySubIdOrType/error',
    'PARTICIPANT_SUB_ID_PUT_ERROR',
  ],
  ['POST', '/transfers', 'TRANSFER_POST'],
  ['PUT', '/transfers/:transferId', 'TRANSFER_PUT'],
  ['PATCH', '/transfers/:transferId', 'TRANSFER_PUT'],
  ['PUT', '/transfers/:transferId/error', 'TRANSFER_ERROR'],
]

/** Where a participant takes this message; its own template for the kind goes before its base. Undefined: nowhere. */
export function endpointUrl(
  endpoints: readonly Endpoint[],
  message: { readonly method: string; readonly path: string },
): string | undefined {
  const valueOf = (type: string): string | undefined =>
    endpoints.find((endpoint) => endpoint.type === type)?.value
  const [path = '', query] = message.path.split('?', 2)
  const quotes = path.startsWith('/quotes') ? valueOf(`${callbackBase}_QUOTES`) : undefined
  if (quotes !== undefined) return trimSlash(quotes) + message.path
  for (const [method, pattern, type] of endpointTypes) {
    if (method !== message.method) continue
    const filled = fill(valueOf(`${callbackBase}_${type}`), valuesOf(pattern, path))
    if (filled !== undefined) return query === undefined ? filled : `${filled}?${query}`
  }
  const base = valueOf(callbackBase)
  return base === undefined ? undefined : trimSlash(base) + message.path
}

function valuesOf(pattern: string, path: string): ReadonlyMap<string, string> | undefined {
  const names = pattern.split('/')
  const segments = path.split('/')
  if (names.length !== segments.length) return undefined
  const values = new Map<string, string>()
  for (const [index, name] of names.entries()) {
    const segment = segments[index] ?? ''
    if (name.startsWith(':')) values.set(name.slice(1), segment)
    else if (name !== segment) return undefined
  }
  return values
}

function fill(
  template: string | undefined,
  values: ReadonlyMap<string, string> | undefined,
): string | undefined {
  if (!values) return undefined
  return template?.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values.get(name) ?? '')
}

function trimSlash(url: string): string {
  return url.replace(/\/+$/, '')
}
