import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { isCurrency, minorUnitsOf } from './money.ts'

const currency = z.string().refine(isCurrency, 'a currency that the lab does not know')
const amount = z.string().regex(/^\d{1,15}(\.\d{1,4})?$/, 'a decimal string')
const percent = z.string().regex(/^\d{1,2}(\.\d{1,4})?$/, 'a percentage, as a decimal string')
const name = z.string().regex(/^[a-z][a-z0-9-]{1,29}$/, 'a name in lower case')
const port = z.int().min(1).max(65_535)
const colour = z.string().regex(/^#[0-9a-f]{6}$/, 'a colour like #2f6f8f')

const picture = { title: z.string().min(1), description: z.string().min(1), colour, port }

const account = z
  .strictObject({ currency, balance: amount })
  .refine((each) => minorUnitsOf(each.balance, each.currency) !== undefined, {
    error: 'more decimals than the currency has',
  })

const customer = z.strictObject({
  firstName: z.string().min(1),
  lastName: z.string().min(1),
  msisdn: z.string().regex(/^\d{8,15}$/, 'digits only, with the country code'),
  gender: z.enum(['female', 'male']),
  dateOfBirth: z.iso.date(),
  /** The first one is primary: the MSISDN leads to it. */
  accounts: z.array(account).min(1),
  frozen: z.boolean().default(false),
})

const bankSchema = z.strictObject({
  name,
  kind: z.enum(['mfi', 'savings-bank', 'sacco', 'mobile-money-issuer']),
  ...picture,
  credentials: z.strictObject({ user: z.string().min(1), password: z.string().min(1) }),
  currencies: z.array(currency).min(1),
  /** What a payer pays on top of an amount: flat + percent of it, rounded to the currency's smallest unit. */
  fees: z.strictObject({
    rounding: z.literal('half-even'),
    perCurrency: z.record(currency, z.strictObject({ flat: amount, percent })),
  }),
  customers: z.array(customer).min(1),
})

const switchSchema = z.strictObject({
  name,
  ...picture,
  oracles: z.array(z.string().regex(/^[A-Z_]{3,20}$/)).min(1),
  /** `liquidity` is paid in before the lab starts; a position never exceeds the lesser of it and `netDebitCap`. */
  participants: z
    .array(
      z.strictObject({
        name,
        accounts: z
          .array(z.strictObject({ currency, netDebitCap: amount, liquidity: amount }))
          .min(1),
      }),
    )
    .min(2),
})

/** One bank as it stands before the first payment: who it is, what it charges, who banks there. */
export type BankSeed = z.infer<typeof bankSchema>

/** The switch as it stands before the first payment: who takes part, with what cap and what liquidity. */
export type SwitchSeed = z.infer<typeof switchSchema>

/** Reads a bank's seed; throws one sentence that lists everything that is wrong with it. */
export function parseBankSeed(text: string): BankSeed {
  return parse(bankSchema, text)
}

/** Reads the switch's seed; throws one sentence that lists everything that is wrong with it. */
function parseSwitchSeed(text: string): SwitchSeed {
  return parse(switchSchema, text)
}

/** The lab's own four banks, in the order of their ports. */
export const bankNames = ['heron', 'weaver', 'ibis', 'kingfisher'] as const

/** Reads the seed of one of the lab's own banks. */
export function readBankSeed(bank: (typeof bankNames)[number]): BankSeed {
  return parseBankSeed(readSeed(bank))
}

/** Reads the seed of the lab's own switch. */
export function readSwitchSeed(): SwitchSeed {
  return parseSwitchSeed(readSeed('switch'))
}

/** Compiled code lies one folder deeper, while the seeds stay in the sources. */
const folders = ['./seed', '../../sandbox/seed']

function readSeed(name: string): string {
  const paths = folders.map((folder) =>
    fileURLToPath(new URL(`${folder}/${name}.json`, import.meta.url)),
  )
  for (const path of paths) {
    const text = readIfThere(path)
    if (text !== undefined) return text
  }
  throw new Error(`no seed ${name}.json in ${paths.join(' or ')}`)
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function parse<T>(schema: z.ZodType<T>, text: string): T {
  const parsed = schema.safeParse(JSON.parse(text))
  if (parsed.success) return parsed.data
  const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new Error(`the seed is not right: ${lines.join('; ')}`)
}
