import { fileURLToPath } from 'node:url'

/**
 * Makes sandbox/demo/transfers.csv: payments whose outcome is the same however those of different payers interleave.
 * `npx tsc -p tsconfig.tools.json && node dist/test/support/make-demo-csv.js > sandbox/demo/transfers.csv`
 */
const banks = ['heron', 'weaver', 'ibis', 'kingfisher'] as const

type Bank = (typeof banks)[number]

type Row = {
  readonly payerFsp: string
  readonly payer: string
  readonly payee: string
  readonly amount: string
  readonly currency: string
  readonly expected: string
}

const prefixes = {
  heron: '254710',
  weaver: '254720',
  ibis: '254730',
  kingfisher: '254740',
} as const satisfies Record<Bank, string>

/** The file's text. */
export function demoCsv(): string {
  const random = createRandom(20260101)
  const rows = shuffled([...goodRows(random), ...badRows()], random)
  const lines = rows.map((row, index) =>
    [
      `d${String(index + 1).padStart(3, '0')}`,
      row.payerFsp,
      row.payer,
      row.payee,
      row.amount,
      row.currency,
      row.expected,
    ].join(','),
  )
  return ['id,payerFsp,payerMsisdn,payeeMsisdn,amount,currency,expected', ...lines, ''].join('\n')
}

function msisdn(bank: Bank, n: number): string {
  return `${prefixes[bank]}00000${n}`
}

type Draw = (below: number) => number

/** Customers 1 to 6 pay each other. None spends more than 7,000 KES, so nobody runs short whoever pays her. */
function goodRows(random: Draw): readonly Row[] {
  const pairs = banks.flatMap((from) => banks.map((to) => [from, to] as const))
  const between = pairs.filter(([from, to]) => from !== to)
  const within = pairs.filter(([from, to]) => from === to)
  const isUgx = ([from, to]: readonly [Bank, Bank]): boolean =>
    [from, to].every((bank) => bank === 'ibis' || bank === 'kingfisher')
  return [
    ...between.flatMap((pair) => good(pair, 18, () => kes(random))),
    ...within.flatMap((pair) => good(pair, 6, () => kes(random))),
    // Little enough that the two great UGX payments of `badRows` fail whether it has flowed or not.
    ...between.filter(isUgx).flatMap((pair) => good(pair, 12, () => ugx(random))),
    ...within.filter(isUgx).flatMap((pair) => good(pair, 2, () => ugx(random))),
  ]
}

function good(
  [from, to]: readonly [Bank, Bank],
  count: number,
  draw: () => Pick<Row, 'amount' | 'currency'>,
): readonly Row[] {
  return Array.from({ length: count }, (_, index) => {
    const n = (index % 6) + 1
    const other = ((index + 1 + Math.floor(index / 6)) % 6) + 1
    return {
      payerFsp: from,
      payer: msisdn(from, n),
      payee: msisdn(to, other),
      ...draw(),
      expected: 'COMMITTED',
    }
  })
}

/** 10.00 to 609.99 KES: whole, with one decimal, with two. */
function kes(random: Draw): Pick<Row, 'amount' | 'currency'> {
  const whole = 10 + random(600)
  const fraction = ['', '.5', '.50', '.05', `.${10 + random(90)}`][random(5)] ?? ''
  return { amount: `${whole}${fraction}`, currency: 'KES' }
}

/** 100 to 1199 UGX, which has no decimals. */
function ugx(random: Draw): Pick<Row, 'amount' | 'currency'> {
  return { amount: String(100 + random(1100)), currency: 'UGX' }
}

type Short = readonly [from: Bank, n: number, to: Bank, m: number, amount: string]

/** What must fail, by what it must fail with. */
function badRows(): readonly Row[] {
  return [
    // Nobody has the number of the payee, or of the payer.
    ...bad('3204', 'KES', [
      ['heron', 1, 'weaver', 9, '50'],
      ['weaver', 2, 'ibis', 9, '75.5'],
      ['ibis', 3, 'kingfisher', 9, '120'],
      ['kingfisher', 4, 'heron', 9, '20'],
      ['heron', 5, 'heron', 9, '35'],
      ['ibis', 9, 'heron', 1, '40'],
      ['heron', 9, 'ibis', 2, '40'],
      ['weaver', 9, 'kingfisher', 3, '40'],
      ['kingfisher', 9, 'weaver', 4, '40'],
    ]),
    // She has nothing, or far less; she has no account in that currency.
    ...bad('4000', 'KES', [
      ['heron', 8, 'ibis', 1, '10'],
      ['weaver', 8, 'heron', 2, '10'],
      ['ibis', 8, 'weaver', 3, '10'],
      ['kingfisher', 8, 'heron', 4, '10'],
      ['heron', 2, 'kingfisher', 5, '75000'],
      ['weaver', 3, 'ibis', 6, '99999.99'],
      ['ibis', 4, 'heron', 1, '80000'],
      ['kingfisher', 5, 'weaver', 2, '250000'],
    ]),
    ...bad('4000', 'UGX', [
      ['heron', 3, 'ibis', 1, '1000'],
      ['weaver', 4, 'kingfisher', 2, '1000'],
      ['heron', 6, 'kingfisher', 3, '2500'],
    ]),
    // The payer's account is frozen, or the payee's.
    ...bad('4400', 'KES', [
      ['heron', 7, 'weaver', 1, '15'],
      ['weaver', 7, 'kingfisher', 2, '15'],
      ['ibis', 7, 'heron', 3, '15'],
      ['kingfisher', 7, 'ibis', 4, '15'],
    ]),
    ...bad('5400', 'KES', [
      ['heron', 4, 'weaver', 7, '60'],
      ['weaver', 5, 'ibis', 7, '61.25'],
      ['ibis', 6, 'kingfisher', 7, '62'],
      ['kingfisher', 1, 'heron', 7, '63'],
      ['heron', 6, 'kingfisher', 7, '64'],
    ]),
    // The payee has no account in UGX.
    ...bad('5106', 'UGX', [
      ['ibis', 1, 'heron', 1, '900'],
      ['ibis', 2, 'kingfisher', 8, '900'],
      ['kingfisher', 2, 'weaver', 6, '900'],
      ['kingfisher', 3, 'ibis', 8, '900'],
    ]),
    // She can pay, her bank cannot: 480,000 is over ibis's liquidity of 450,000, and 420,000 over its cap of 400,000.
    ...bad('4001', 'UGX', [['ibis', 6, 'kingfisher', 6, '480000']]),
    ...bad('4200', 'UGX', [['ibis', 5, 'kingfisher', 5, '420000']]),
    // Refused at the door.
    ...bad('400', 'KES', [
      ['heron', 1, 'ibis', 1, '0'],
      ['weaver', 2, 'heron', 2, '0.00'],
      ['ibis', 3, 'weaver', 3, '-5'],
      ['kingfisher', 4, 'heron', 4, '-0.01'],
      ['heron', 2, 'weaver', 2, 'ten'],
      ['weaver', 3, 'weaver', 3, '10'],
      ['kingfisher', 5, 'kingfisher', 5, '10'],
    ]),
    ...bad('400', 'KSH', [['ibis', 4, 'heron', 5, '10']]),
    ...bad('422', 'KES', [
      ['heron', 3, 'ibis', 5, '10.005'],
      ['weaver', 1, 'kingfisher', 6, '0.001'],
    ]),
    ...bad('422', 'UGX', [
      ['ibis', 1, 'kingfisher', 1, '10.5'],
      ['kingfisher', 2, 'ibis', 2, '99.99'],
    ]),
    ...bad('404', 'KES', [
      ['heron', 5, 'ibis', 6, '10'],
      ['weaver', 6, 'heron', 6, '10'],
    ]).map((row, index) => ({ ...row, payerFsp: ['pelican', 'Heron'][index] ?? '' })),
  ]
}

function bad(expected: string, currency: string, rows: readonly Short[]): readonly Row[] {
  return rows.map(([from, n, to, m, amount]) => ({
    payerFsp: from,
    payer: msisdn(from, n),
    payee: msisdn(to, m),
    amount,
    currency,
    expected,
  }))
}

function shuffled(rows: readonly Row[], random: Draw): readonly Row[] {
  const mixed = [...rows]
  for (let last = mixed.length - 1; last > 0; last--) {
    const at = random(last + 1)
    const [a, b] = [mixed[last], mixed[at]]
    if (!a || !b) throw new Error('drawn out of range')
    mixed[last] = b
    mixed[at] = a
  }
  return mixed
}

/** Numbers from a seed: the same file every time. */
function createRandom(seed: number): Draw {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(demoCsv())
