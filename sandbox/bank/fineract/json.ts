const literal: unique symbol = Symbol('text that is JSON already')

/** JSON that is written exactly as it stands: the number 10.10 stays 10.10. */
export type JsonText = { readonly [literal]: string }

/** What can be written; a property that is undefined is left out, as Fineract leaves out what is null. */
export type JsonOut =
  | string
  | bigint
  | boolean
  | null
  | JsonText
  | readonly JsonOut[]
  | { readonly [name: string]: JsonOut | undefined }

/** An amount as Fineract writes it: a JSON number with these digits. */
export function jsonNumber(digits: string): JsonText {
  return { [literal]: digits }
}

/** A part that is written often, written once. */
export function prewritten(value: JsonOut): JsonText {
  return { [literal]: writeJson(value) }
}

/** JSON in which amounts never were floats. */
export function writeJson(value: JsonOut): string {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (isList(value)) return `[${value.map(writeJson).join(',')}]`
  if (isText(value)) return value[literal]
  const members: string[] = []
  for (const [name, member] of Object.entries(value)) {
    if (member !== undefined) members.push(`${JSON.stringify(name)}:${writeJson(member)}`)
  }
  return `{${members.join(',')}}`
}

function isList(value: object): value is readonly JsonOut[] {
  return Array.isArray(value)
}

function isText(value: object): value is JsonText {
  return literal in value
}

/** A string is left alone; a number becomes a string. A number that names a property is none, and breaks the JSON. */
const stringOrNumber =
  /"(?:[^"\\]|\\.)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\d.eE+-]|\s*:)/g

/**
 * Reads JSON whose numbers arrive as strings with the digits of the wire, since JSON.parse would make floats of them.
 * Undefined when it is no JSON.
 */
export function readExactJson(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes).toString('utf8')
  const quoted = text.replace(stringOrNumber, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  )
  try {
    const value: unknown = JSON.parse(quoted)
    return value
  } catch {
    return undefined
  }
}
