import fc from 'fast-check'
import { nastyBytes, nastyHeader, nastySegment, nastyText } from './junk.ts'

/** Who is asked; the names of the lab's parties. */
export type Target = 'hub' | 'switch' | 'heron' | 'weaver' | 'ibis' | 'kingfisher'

/** A request as it goes out. */
export type HostileRequest = {
  readonly target: Target
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array
}

const interop = '/fineract-provider/api/v1/interoperation'
const fineract = '/fineract-provider/api/v1'

const bankPaths = [
  ...['health', 'quotes', 'transfers?action=PREPARE', 'transfers?action=CREATE', 'requests'].map(
    (path) => `${interop}/${path}`,
  ),
  ...[
    'transfers?action=RELEASE',
    'transfers?action=:x',
    'parties/MSISDN/:x',
    'parties/:x/:x/:x',
  ].map((path) => `${interop}/${path}`),
  ...['accounts/:x', 'accounts/:x/transactions', 'accounts/:x/identifiers', 'accounts/:x/kyc'].map(
    (path) => `${interop}/${path}`,
  ),
  ...['transactions/:x/quotes/:x', 'transactions/:x/transfers/:x'].map(
    (path) => `${interop}/${path}`,
  ),
  ...[
    'savingsaccounts/:x',
    'savingsaccounts/external-id/:x',
    'clients/:x',
    'clients/:x/accounts',
  ].map((path) => `${fineract}/${path}`),
  ...['savingsaccounts/:x/transactions?command=:x', 'savingsaccounts/:x/transactions/:x'].map(
    (path) => `${fineract}/${path}`,
  ),
  ...[
    'search?query=:x',
    'accounttransfers',
    'journalentries',
    'journalentries/:x?command=reverse',
  ].map((path) => `${fineract}/${path}`),
  ...['glaccounts', 'paymenttypes', ':x'].map((path) => `${fineract}/${path}`),
  ...['/lab/health', '/lab/books', '/lab/customers', '/lab/customers/:x', '/lab/settlements'],
  ...['/lab/faults', '/lab/transfers', '/lab/transfers/:x', '/fspiop/transfers', '/:x'],
  ...['/fspiop/parties/MSISDN/:x', '/fspiop/parties/:x/:x/error', '/fspiop/transfers/:x'],
  ...['/fspiop/transfers/:x/error', '/fspiop/quotes', '/fspiop/quotes/:x', '/fspiop/:x'],
]

const hubPaths = [
  ...['/channel/transfer', '/channel/transfer/:x', '/channel/txnState/:x', '/:x', '/'],
  ...['/channel/partyRegistration', '/channel/partyRegistration/:x', '/openapi.json'],
  ...['/operations/transfers', '/operations/transfers?:x=:x', '/operations/transfers/:x'],
  ...['/operations/transfers/:x/decision', '/operations/problems', '/health/live', '/health/ready'],
  ...['/lab/books', '/fsp/heron/:x', '/fsp/:x/transfers', '/fsp/weaver/transfers/:x'],
  ...[
    '/fsp/heron/transfers',
    '/fsp/heron/transfers/:x/error',
    '/fsp/ibis/quotes',
    '/fsp/ibis/quotes/:x',
  ],
  ...['/fsp/heron/parties/MSISDN/:x', '/fsp/heron/parties/:x/:x/:x/error', '/fsp', '/fsp/'],
  ...[
    '/fsp/heron/participants/MSISDN/:x',
    '/fsp/heron/bulkTransfers',
    '/fsp/heron/authorizations/:x',
  ],
]

const switchPaths = [
  ...[
    '/transfers',
    '/transfers/:x',
    '/transfers/:x/error',
    '/quotes',
    '/quotes/:x',
    '/quotes/:x/error',
  ],
  ...['/parties/MSISDN/:x', '/parties/:x/:x', '/parties/:x/:x/:x', '/parties/MSISDN/:x/error'],
  ...['/participants', '/participants/MSISDN/:x', '/participants/:x/:x/:x', '/bulkQuotes', '/:x'],
  ...['/admin/health', '/admin/jws-key', '/admin/participants', '/admin/participants/:x'],
  ...[
    'accounts',
    'accounts/:x',
    'accounts/:x/transfers/:x',
    'positions',
    'limits',
    'endpoints',
  ].map((path) => `/admin/participants/:x/${path}`),
  ...['jws-key', 'initialPositionAndLimits'].map((path) => `/admin/participants/heron/${path}`),
  ...['/admin/participants/heron/accounts', '/admin/participants/heron/accounts/:x'],
  ...['/admin/participants/limits', '/admin/oracles', '/admin/oracles/:x'],
  ...['/admin/oracles/:x/parties/:x', '/admin/settlementModels', '/admin/settlements'],
  ...['/admin/settlements/:x', '/admin/settlements/:x/participants/:x/accounts/:x'],
  ...['/admin/settlementWindows', '/admin/settlementWindows/:x', '/admin/:x', '/lab/health'],
  ...['/lab/books', '/lab/faults', '//', '/?', '/transfers/', '/transfers?:x'],
]

const pathsOf: Readonly<Record<Target, readonly string[]>> = {
  hub: hubPaths,
  switch: switchPaths,
  heron: bankPaths,
  weaver: bankPaths,
  ibis: bankPaths,
  kingfisher: bankPaths,
}

const oddMethods = ['PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'BREW', 'get']

const methods = fc.oneof(
  { weight: 3, arbitrary: fc.constant('GET') },
  { weight: 4, arbitrary: fc.constant('POST') },
  { weight: 3, arbitrary: fc.constant('PUT') },
  { weight: 2, arbitrary: fc.constantFrom(...oddMethods) },
)

const mediaTypes = [
  ...['parties', 'quotes', 'transfers', 'participants', 'money'].map(
    (resource) => `application/vnd.interoperability.${resource}+json;version=1.1`,
  ),
  'application/vnd.interoperability.transfers+json;version=99.1',
  ...['application/json', 'text/xml', 'application/json;charset=utf-16', '*/*'],
]

const aMediaType = fc.oneof(fc.constantFrom(...mediaTypes), nastyHeader)
const aName = fc.oneof(fc.constantFrom('heron', 'weaver', 'switch', 'Hub', 'nobody'), nastyHeader)
const aDate = fc.oneof(fc.constant('Thu, 01 Jan 2026 00:00:00 GMT'), nastyHeader)

const headers: fc.Arbitrary<Readonly<Record<string, string>>> = fc
  .record(
    {
      'content-type': aMediaType,
      accept: aMediaType,
      date: aDate,
      'content-length': nastyHeader,
      'fspiop-source': aName,
      'fspiop-destination': aName,
      'fspiop-signature': fc.oneof(
        nastyHeader,
        fc.json(),
        fc.constant('{"signature":"a","protectedHeader":"e30"}'),
      ),
      'platform-tenantid': aName,
      'x-correlationid': nastyHeader,
      'x-callbackurl': fc.oneof(nastyHeader, fc.webUrl(), fc.constant('http://127.0.0.1:1/')),
      requesttype: nastyHeader,
      authorization: fc.oneof(nastyHeader, fc.constant('Basic bWlmb3M6')),
      'fineract-platform-tenantid': aName,
      'idempotency-key': nastyHeader,
    },
    { requiredKeys: [] },
  )
  .map((some) => Object.fromEntries(Object.entries(some)))

const targets = Object.keys(pathsOf) as readonly Target[]

function isTarget(word: string): word is Target {
  return word in pathsOf
}

/** Anything at all, at every path there is, by somebody who knows no password and has no key. */
export const byStrangers: fc.Arbitrary<HostileRequest> = fc
  .constantFrom(...targets, 'hub', 'hub', 'switch', 'switch')
  .filter(isTarget)
  .chain((target) =>
    fc.record({
      target: fc.constant(target),
      method: methods,
      path: aPath(pathsOf[target]),
      headers,
      bytes: nastyBytes,
    }),
  )
  // To settle everything and to close an oracle are orders that need no body.
  .filter(({ path }) => !/^\/admin\/(settlements\/settle|oracles\/\d)/.test(path))

/** A path of the table with all its blanks filled in. */
function aPath(patterns: readonly string[]): fc.Arbitrary<string> {
  const blanks = fc.infiniteStream(fc.oneof(nastySegment, fc.uuid(), fc.nat(9).map(String)))
  const query = fc.option(fc.tuple(nastyText, nastyText), { nil: undefined, freq: 5 })
  return fc.tuple(fc.constantFrom(...patterns), blanks, query).map(([pattern, parts, more]) => {
    const path = pattern.replace(/:x/g, () => parts.next().value)
    if (!more || path.includes('?')) return path
    return `${path}?${new URLSearchParams([more]).toString()}`
  })
}
