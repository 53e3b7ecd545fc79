import { startKafka, type KafkaServer } from '../../servers/kafka.ts'
import { startPostgres, type PostgresServer } from '../../servers/postgres.ts'
import type { Server, ServerPorts } from '../../servers/server.ts'
import { startZeebe, type ZeebeServer } from '../../servers/zeebe.ts'
import { closeAll } from '../closing.ts'

/** The servers that the hub's processes share. */
export type ClusterServers = {
  readonly postgres: PostgresServer
  readonly zeebe: ZeebeServer
  readonly kafka: KafkaServer
}

/** Starts all three at once. Rejects with one sentence when one does not come up, and leaves none. */
export async function startServers(ports: ServerPorts): Promise<ClusterServers> {
  const starting = [startPostgres(ports), startZeebe({}, ports), startKafka(ports)] as const
  const settled = await Promise.allSettled<Server>(starting)
  const failed = settled.find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') {
    await closeAll(
      settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value.stop] : [])),
    )
    throw failed.reason
  }
  const [postgres, zeebe, kafka] = await Promise.all(starting)
  return { postgres, zeebe, kafka }
}
