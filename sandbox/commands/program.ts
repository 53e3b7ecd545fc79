import { Argument, Command, Option } from 'commander'
import type { bankNames } from '../seed.ts'
import {
  knownBank,
  parseBankUrl,
  parseBasePort,
  parseCount,
  parseDirect,
  parseHostPort,
  parsePort,
  parseUrl,
} from './options.ts'
import type { PartyOptions, SetupChoices } from './party.ts'
import { defaultBasePort, type LabAddress } from './running-lab.ts'

type Bank = (typeof bankNames)[number]

/** What `start` is asked. */
export type StartChoices = {
  readonly basePort: number
  readonly data: string
  readonly fresh: boolean
  readonly json: boolean
  readonly direct: readonly string[]
  readonly replace: Readonly<Record<string, string>>
  readonly log?: string
}

/** What `demo` is asked: with an address it runs where a lab is up, without one in a lab of its own. */
export type DemoChoices = LabAddress & {
  readonly csv?: string
  readonly direct: readonly string[]
  readonly keep: boolean
  /** A lab of its own on Zeebe, Kafka and PostgreSQL instead of in one process. */
  readonly cluster: boolean
  readonly log?: string
}

/** What `bench` is asked. */
export type BenchChoices = {
  readonly transfers: number
  readonly inFlight: number
  readonly log?: string
}

/** What each command does. */
export type LabActions = {
  readonly start: (options: StartChoices) => Promise<void>
  readonly demo: (options: DemoChoices) => Promise<void>
  readonly books: (options: LabAddress & { readonly json: boolean }) => Promise<void>
  readonly settle: (options: LabAddress) => Promise<void>
  readonly bench: (set: 'lab' | 'cluster', options: BenchChoices) => Promise<void>
  readonly setup: (options: SetupChoices) => Promise<void>
  readonly bank: (name: Bank, options: PartyOptions) => Promise<void>
  readonly switch: (options: PartyOptions) => Promise<void>
}

/** The program `kivuko-lab`: its commands and their options. */
export function labProgram(actions: LabActions): Command {
  const program = new Command('kivuko-lab')
    .description('The lab in which the Kivuko hub can be tried: four banks, a switch and the hub.')
    .showHelpAfterError('(--help says what there is)')
  addWholeLab(program, actions)
  addQuestions(program, actions)
  addParties(program, actions)
  return program
}

const directHelp = 'a bank that speaks FSPIOP itself instead of through the hub (repeatable)'
const clusterHelp =
  'in a lab on Zeebe, Kafka and PostgreSQL, which it starts: from Docker, or with Java and Maven and the package postgresql'
const logHelp = "appends the hub's log to this file, as lines of JSON"

/** Commands that start a whole lab in this process. */
function addWholeLab(program: Command, { start, bench }: LabActions): void {
  const replaceHelp = "puts another system, at its FSPIOP base URL, in a bank's place (repeatable)"
  program
    .command('start')
    .description('Starts the lab and keeps it up until Ctrl-C.')
    .option(
      '--base-port <n>',
      "the hub's port, from which the others follow; 0 picks a free run",
      parseBasePort,
      defaultBasePort,
    )
    .option('--data <dir>', 'where the files are', 'data')
    .option('--fresh', 'throws away what an earlier run left', false)
    .option('--json', 'prints one line of JSON when ready, and nothing else', false)
    .option('--direct <bank>', directHelp, parseDirect, [])
    .option('--replace <bank=url>', replaceHelp, parseBankUrl, {})
    .option('--log <file>', logHelp)
    .action(start)
  program
    .command('bench')
    .description(
      'Measures payments through a whole lab in this process, beside a floor in the same run; or through a cluster.',
    )
    .addArgument(
      new Argument(
        '[set]',
        'cluster: on PostgreSQL, Zeebe and Kafka, which it starts, beside their bare clients',
      )
        .choices(['lab', 'cluster'])
        .default('lab'),
    )
    .option('--transfers <n>', 'how many to measure', parseCount, 1_000)
    .option('--in-flight <n>', 'how many at once', parseCount, 32)
    .option('--log <file>', logHelp)
    .action(bench)
}

/** Commands that talk to a lab that is up; the demo can also start one. */
function addQuestions(program: Command, { demo, books, settle }: LabActions): void {
  const own = (option: Option): Option => option.conflicts(['lab', 'basePort', 'hub'])
  withAddress(
    program
      .command('demo')
      .description(
        'Runs a file of payments and checks outcomes and books: in a lab of its own, or where one is up already.',
      )
      .option(
        '--csv <file>',
        "your own payments instead of the lab's; see sandbox/demo/transfers.csv",
      )
      .option('--direct <bank>', directHelp, parseDirect, [])
      .addOption(own(new Option('--keep', "keeps its own lab's files").default(false)))
      .addOption(own(new Option('--cluster', clusterHelp).default(false)))
      .addOption(own(new Option('--log <file>', logHelp).conflicts('cluster'))),
  ).action(demo)
  withAddress(
    program
      .command('books')
      .description(
        'Asks every party of a running lab for its books, and checks that all sums agree.',
      )
      .option('--json', 'prints one line of JSON', false),
  ).action(books)
  withAddress(
    program
      .command('settle')
      .description(
        "Closes the switch's window, settles all positions to zero and has the banks book it.",
      ),
  ).action(settle)
}

/** Where a running lab is. */
function withAddress(command: Command): Command {
  return withUrls(
    command
      .addOption(
        new Option(
          '--lab <file>',
          'where a running lab is, as setup writes it and start --json prints it',
        ).conflicts('basePort'),
      )
      .option('--base-port <n>', "the hub's port of a running lab (4000)", parseBasePort),
  ).option('--api-key-file <file>', "the file of the hub's API key, if it asks for one")
}

function withUrls(command: Command): Command {
  return command
    .option('--hub <url>', 'where the hub is, if not there', parseUrl)
    .option('--switch <url>', 'where the switch is, if not there', parseUrl)
    .option('--bank <bank=url>', 'where a bank is, if not there (repeatable)', parseBankUrl, {})
}

/** Commands that start the parties of a lab one by one. */
function addParties(program: Command, actions: LabActions): void {
  withUrls(
    program
      .command('setup')
      .description(
        'Makes, once, the keys and the configuration that parties need to start one by one: a folder for each.',
      )
      .option('--data <dir>', 'where the folders are', 'data')
      .option('--base-port <n>', "the hub's port, from which the others follow", parseBasePort),
  )
    .option('--peers <url>', 'where the hub takes what the switch tells, if not there', parseUrl)
    .option('--zeebe <host:port>', 'the engine of a hub that is cut into roles', parseHostPort)
    .option('--kafka <host:port>', 'its event stream', parseHostPort)
    .option('--postgres <host:port>', 'its database', parseHostPort)
    .action(actions.setup)
  withPlace(
    program
      .command('bank')
      .description('Starts one of the banks by itself, and prints a line of JSON when it answers.')
      .argument('<bank>', 'heron, weaver, ibis or kingfisher', knownBank),
  ).action(actions.bank)
  withPlace(
    program
      .command('switch')
      .description('Starts the switch by itself, in the folder that setup has made for it.'),
  ).action(actions.switch)
}

function withPlace(command: Command): Command {
  return command
    .option('--data <dir>', 'where its files are', 'data')
    .option('--host <address>', 'where it listens; 0.0.0.0 is open to others', '127.0.0.1')
    .option('--port <n>', 'where it listens, if not at its port of ARCHITECTURE.md §8', parsePort)
}
