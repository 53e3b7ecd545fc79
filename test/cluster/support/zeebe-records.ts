import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'

/** What a broker did, as its exporter tells it; `value` is as its kind of record has it. */
export type ZeebeRecord = {
  readonly position: number
  readonly key: string
  readonly valueType: string
  readonly intent: string
  readonly value: any
}

/** Where a broker's exporter writes to, in place of an Elasticsearch. */
export type RecordSink = {
  readonly port: number
  /** All so far, each once, in the order of the log. */
  readonly records: readonly ZeebeRecord[]
  close(): Promise<void>
}

/** Takes bulk requests and keeps what they bring. A broker that was killed sends some again. */
export async function startRecordSink(): Promise<RecordSink> {
  const records: ZeebeRecord[] = []
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      response.setHeader('x-elastic-product', 'Elasticsearch')
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(answer(request.url ?? '', body, records)))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a sink without a port')
  return {
    port: address.port,
    records,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function answer(url: string, body: string, records: ZeebeRecord[]): object {
  if (!url.startsWith('/_bulk')) return { acknowledged: true }
  const lines = body.split('\n').filter((line) => line !== '')
  const items: object[] = []
  for (let at = 0; at + 1 < lines.length; at += 2) {
    items.push({ index: { ...JSON.parse(lines[at]!).index, status: 201 } })
    const record = recordOf(lines[at + 1]!)
    if (record.position > (records.at(-1)?.position ?? 0)) records.push(record)
  }
  return { took: 1, errors: false, items }
}

/** Keys are longer than a number of JavaScript is exact. */
function recordOf(line: string): ZeebeRecord {
  return JSON.parse(line.replaceAll(/:(-?\d{16,})(?=[,}\]])/g, ':"$1"'), (name, value) =>
    name === 'position' ? Number(value) : value,
  )
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
