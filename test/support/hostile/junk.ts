import fc from 'fast-check'

/** JSON that may take the place of anything in a message. */
export type Junk = string | number | boolean | null | readonly unknown[] | object

const words = [
  ...['', ' ', '0', '-1', '-0', '00', '0.001', '1e400', '1e3', 'NaN', 'Infinity', '9'.repeat(18)],
  ...['9'.repeat(400), '18446744073709551616', '9223372036854775808', '1.', '.1', '0x10', '1,000'],
  ...['__proto__', 'constructor', 'toString', 'null', 'undefined', 'true', '[]', '{}', '\0', '\n'],
  ...["'; DROP TABLE transfers; --", '../../etc/passwd', '${1+1}', '%', '%00', '%ff', '＄', '💥'],
  ...['a'.repeat(5_000), '\ud800', '\u202e', 'KES', 'XXX', 'heron', 'switch', 'Hub'],
]

/** Texts that have hurt programs before, and any other. */
export const nastyText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...words),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string(),
  fc.bigInt().map(String),
)

/** One part of a path, escaped, or wrongly so. */
export const nastySegment: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: nastyText.map(escaped) },
  { weight: 1, arbitrary: fc.constantFrom('%', '%zz', '%ff', '..%2f', ';a=b', '1x', 'NaN', '-1') },
)

function escaped(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd')).replaceAll('.', '%2E')
}

/** What a header can carry. */
export const nastyHeader: fc.Arbitrary<string> = nastyText.map((text) =>
  text.replace(/[^\x20-\x7e\x80-\xff]/g, '?').trim(),
)

const junk: fc.Arbitrary<Junk> = fc.oneof(
  nastyText,
  fc.constantFrom(null, true, -1, 0, 1.5, 1e21, [], {}, [[]], [null], { amount: '1' }, [{}]),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.jsonValue().map((value) => value as Junk),
)

const deep = fc.constantFrom(40, 2_000, 50_000).map((depth) => {
  return `${'{"a":['.repeat(depth)}1${']}'.repeat(depth)}`
})

/** Bodies of every kind: no JSON, almost JSON, JSON of something else, far too deep, not even text. */
export const nastyBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.constant(new Uint8Array()),
  fc.uint8Array({ maxLength: 200 }),
  fc.json({ maxDepth: 4 }).map(bytesOf),
  { weight: 1, arbitrary: deep.map(bytesOf) },
  fc
    .constantFrom('[', '{', '"', '{"a":1,"a":2}', '\ufeff{}', '{"__proto__":{"x":1}}', 'null')
    .map(bytesOf),
)

/** Text as UTF-8. */
export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text)
}

const damages = [
  'nothing',
  'replace',
  'replace',
  'replace',
  'remove',
  'add',
  'twice',
  'cut',
  'deep',
]

/** The JSON of a message, damaged in one place: another value, a member gone, strange or there twice, cut off, too deep. */
export function damaged(sample: unknown): fc.Arbitrary<string> {
  const draw = fc.tuple(fc.constantFrom(...damages), fc.nat(200), junk, nastyText)
  return draw.map(([damage, at, value, name]) => withDamage(sample, { damage, at, value, name }))
}

type Damage = {
  readonly damage: string
  readonly at: number
  readonly value: Junk
  readonly name: string
}

function withDamage(sample: unknown, { damage, at, value, name }: Damage): string {
  const copy = structuredClone(sample)
  const whole = JSON.stringify(copy)
  if (damage === 'cut') return whole.slice(0, at % whole.length)
  const places = placesOf(copy)
  const place = places[at % Math.max(places.length, 1)]
  if (!place) return whole
  const { object, key } = place
  if (damage === 'remove') Reflect.deleteProperty(object, key)
  else if (damage === 'replace') object[key] = value
  else if (damage === 'add') object[name] = value
  else if (damage === 'deep') object[key] = JSON.parse(`${'['.repeat(3_000)}${']'.repeat(3_000)}`)
  const text = JSON.stringify(copy)
  return damage === 'twice' ? `{"${key}":${JSON.stringify(value)},${text.slice(1)}` : text
}

type Place = { readonly object: Record<string, unknown>; readonly key: string }

function placesOf(value: unknown): readonly Place[] {
  if (typeof value !== 'object' || value === null) return []
  const object = value as Record<string, unknown>
  return Object.keys(object).flatMap((key) => [{ object, key }, ...placesOf(object[key])])
}
