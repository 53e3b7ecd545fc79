import { startKafka } from '../../../sandbox/servers/kafka.ts'
import { startPostgres } from '../../../sandbox/servers/postgres.ts'
import { startZeebe } from '../../../sandbox/servers/zeebe.ts'
import { read } from '../../tidy/tree.ts'
import { remark } from '../../support/remark.ts'
import type { ServersAt } from './real-lab.ts'
import { serverPorts } from './server-ports.ts'

// Jest runs what a file exports as its default.
export { startServers as default }

/** By a clock that leaps the broker seems slow, and would defend itself. */
const brokerSettings = {
  ZEEBE_CLOCK_CONTROLLED: 'true',
  ZEEBE_BROKER_BACKPRESSURE_ENABLED: 'false',
}

/** Starts the servers of a run once, before its first file; the files find them by the environment. */
async function startServers(): Promise<void> {
  tellWhatIsLeftOut()
  const [zeebe, postgres, kafka] = await Promise.all([
    startZeebe(brokerSettings, serverPorts),
    startPostgres(serverPorts),
    startKafka(serverPorts),
  ])
  const { gatewayAddress, managementUrl } = zeebe
  const { brokers } = kafka
  const postgresUrl = await postgres.createDatabase()
  const at: ServersAt = { gatewayAddress, managementUrl, brokers, postgresUrl }
  process.env['KIVUKO_TEST_SERVERS'] = JSON.stringify(at)
  Object.assign(globalThis, { startedServers: [zeebe, postgres, kafka] })
}

function tellWhatIsLeftOut(): void {
  const { notOnServers } = JSON.parse(read('test/cluster/journeys.json').text)
  for (const [name, why] of Object.entries(notOnServers))
    remark(`the journey ${name} is not played on servers: ${String(why)}`)
}
