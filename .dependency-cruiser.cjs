/** The arrows between folders (ARCHITECTURE.md). Each rule says why, since that is what it prints. */
const contracts =
  '^hub/(domain/|connector[.]ts|http[.]ts|clock[.]ts|log[.]ts|store/store[.]ts|engine/engine[.]ts)'
/** What the workflows share: how a step meets a leg of a transfer. It stands on the same contracts. */
const steps = '^hub/(workflow[.]ts$|legs/)'
const code = '^(hub|connectors|workflows|sandbox|test)/'
const shipped = '^(hub|connectors|workflows|sandbox)/'
const networkPort = '^(hub|sandbox)/http[a-z-]*[.]ts$'

/** Only the files of `home` may import the packages or built-in modules of `what`. */
function packageHome(name, what, home) {
  return {
    name,
    severity: 'error',
    comment: `${what} is hidden behind one folder or file, so that it can be replaced there.`,
    from: { path: shipped, pathNot: home },
    to: { path: `(^|node_modules/)(${what})(/|$)` },
  }
}

module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      severity: 'error',
      comment: 'A cycle cannot be read from either end.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'An import that resolves to nothing fails only when it runs.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'domain-is-pure',
      severity: 'error',
      comment: 'The domain knows nothing but itself, and a hash: it can be tested by reading.',
      from: { path: '^hub/domain/' },
      to: { pathNot: '^hub/domain/|^(node:)?crypto$' },
    },
    {
      name: 'connector-knows-contracts-only',
      severity: 'error',
      comment: "A connector points at the hub's contracts and its own files, never at a neighbour.",
      from: { path: '^connectors/([^/]+)/' },
      to: { path: code, pathNot: ['^connectors/$1/', contracts] },
    },
    {
      name: 'workflow-knows-contracts-only',
      severity: 'error',
      comment: "A workflow points at the hub's contracts and its own files, never at a neighbour.",
      from: { path: '^workflows/([^/]+)/' },
      to: { path: code, pathNot: ['^workflows/$1/', contracts, steps] },
    },
    {
      name: 'steps-know-contracts-only',
      severity: 'error',
      comment: 'What workflows share knows neither the engine nor the database behind it.',
      from: { path: steps },
      to: { path: code, pathNot: [contracts, steps] },
    },
    {
      name: 'only-main-points-outward',
      severity: 'error',
      comment: 'The hub is wired in one place: hub/main.ts and the files of hub/wiring.',
      from: { path: '^hub/', pathNot: '^hub/(main[.]ts$|wiring/)' },
      to: { path: '^(connectors|workflows)/' },
    },
    {
      name: 'hub-ignores-the-sandbox',
      severity: 'error',
      comment: 'The hub meets the outside world over the wire only.',
      from: { path: '^(hub|connectors|workflows)/' },
      to: { path: '^sandbox/' },
    },
    {
      name: 'sandbox-is-written-independently',
      severity: 'error',
      comment:
        'A bug shared by both sides of a wire cancels out, so the sandbox never uses our code.',
      from: { path: '^sandbox/', pathNot: '^sandbox/(lab[.]ts|cli[.]ts|lab/|bench/cluster/)' },
      to: { path: '^(hub|connectors|workflows)/' },
    },
    {
      name: 'nothing-points-at-test',
      severity: 'error',
      comment: 'What ships may not need what tests it.',
      from: { path: shipped },
      to: { path: '^test/' },
    },
    {
      name: 'shipped-code-needs-no-dev-package',
      severity: 'error',
      comment: 'A user installs without the development packages.',
      from: { path: shipped },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'engine-kind-is-hidden',
      severity: 'error',
      comment: 'Which engine runs is known to hub/engine and hub/wiring only.',
      from: { path: shipped, pathNot: '^hub/(engine|wiring)/' },
      to: { path: '^hub/engine/(embedded|zeebe)' },
    },
    {
      name: 'store-kind-is-hidden',
      severity: 'error',
      comment:
        'Which database runs is known to hub/store, the embedded engine and hub/wiring only.',
      from: { path: shipped, pathNot: '^hub/(store/|engine/embedded/|wiring/)' },
      to: { path: '^hub/store/(sqlite|postgres)' },
    },
    packageHome(
      'home-of-zeebe',
      'zeebe-node|@camunda8/sdk|@grpc/grpc-js',
      '^hub/engine/|^sandbox/bench/cluster/raw-zeebe[.]ts$',
    ),
    packageHome('home-of-kafka', 'kafkajs', '^hub/events/|^sandbox/bench/cluster/raw-kafka[.]ts$'),
    packageHome('home-of-postgres', 'pg|kysely', '^hub/store/'),
    packageHome('home-of-sqlite', 'libsql', '^hub/store/|^sandbox/store[a-z-]*[.]ts$'),
    packageHome(
      'home-of-sockets',
      'express|axios|undici|ws|(node:)?(http|https|http2|net|tls|dgram)',
      // A front hands on connections, whatever is said in them.
      `${networkPort}|^hub/engine/zeebe|^sandbox/lab/cluster/front[.]ts$`,
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
