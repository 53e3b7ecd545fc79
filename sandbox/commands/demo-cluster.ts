import type { Clock } from '../clock.ts'
import type { Network } from '../http.ts'
import { startCluster } from '../lab/cluster/cluster.ts'
import type { Terminal } from '../terminal.ts'
import type { StartDemoLab } from './demo.ts'

type ClusterPorts = {
  readonly clock: Clock
  readonly network: Network
  readonly terminal: Terminal
}

/** Starts a demo's lab as a cluster of its own, and says what it starts and how long that took. */
export function startDemoCluster({ terminal, ...ports }: ClusterPorts): StartDemoLab {
  return async (dataDir, direct) => {
    const startedAt = ports.clock.now()
    terminal.line('The first time, the servers are fetched, which takes minutes; later none.')
    const say = (words: string): void => terminal.line(words)
    const cluster = await startCluster({ dataDir, direct, say }, ports)
    const seconds = ((ports.clock.now() - startedAt) / 1000).toFixed(1)
    const { servers, processes, lab } = cluster
    terminal.line(
      `Up after ${seconds} s: PostgreSQL, Zeebe at ${servers.zeebe.gatewayAddress}, Kafka at ${servers.kafka.brokers.join()}, and of the hub:`,
    )
    for (const { name } of processes) terminal.line(`  ${name}`)
    return { ...lab, close: cluster.close }
  }
}
