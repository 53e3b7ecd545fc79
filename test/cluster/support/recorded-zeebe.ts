import { startZeebe, type ZeebeServer, type ZeebeSettings } from '../../../sandbox/servers/zeebe.ts'
import { moveBroker } from './broker-time.ts'
import { serverPorts } from './server-ports.ts'
import { startRecordSink, type ZeebeRecord } from './zeebe-records.ts'

/** A broker that tells what it does, and whose time can be moved. */
export type RecordedZeebe = ZeebeServer & {
  /** What it has done since its first start. */
  readonly records: readonly ZeebeRecord[]
  /** Moves its clock on; after a restart it is the machine's again. */
  moveClock(ms: number): Promise<void>
}

/** Starts a broker that exports what it does to this process. */
export async function startRecordedZeebe(): Promise<RecordedZeebe> {
  const sink = await startRecordSink()
  const server = await startZeebe(settingsTo(sink.port), serverPorts).catch(
    async (failure: unknown) => {
      await sink.close()
      throw failure
    },
  )
  return {
    ...server,
    records: sink.records,
    moveClock: (ms) => moveBroker(server.managementUrl, ms),
    stop: async () => {
      await server.stop()
      await sink.close()
    },
  }
}

function settingsTo(port: number): ZeebeSettings {
  return {
    ZEEBE_CLOCK_CONTROLLED: 'true',
    ZEEBE_BROKER_EXPORTERS_SINK_CLASSNAME: 'io.camunda.zeebe.exporter.ElasticsearchExporter',
    ZEEBE_BROKER_EXPORTERS_SINK_ARGS_URL: `http://127.0.0.1:${String(port)}`,
    ZEEBE_BROKER_EXPORTERS_SINK_ARGS_BULK_SIZE: '1',
    ZEEBE_BROKER_EXPORTERS_SINK_ARGS_INDEX_JOBBATCH: 'true',
    ZEEBE_BROKER_EXPORTERS_SINK_ARGS_INDEX_MESSAGE: 'true',
  }
}
