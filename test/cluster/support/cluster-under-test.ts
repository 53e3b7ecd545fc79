import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCluster, type Cluster } from '../../../sandbox/lab/cluster/cluster.ts'
import { compileLabInto } from '../../support/compile.ts'
import { serverPorts } from './server-ports.ts'

/** Compiles the program as it stands into a new folder, and brings a cluster of it up; `close` removes both. */
export async function startClusterUnderTest(
  options: Omit<Parameters<typeof startCluster>[0], 'dataDir' | 'compiled'>,
): Promise<Cluster> {
  const compiled = mkdtempSync(join(tmpdir(), 'kivuko-cluster-'))
  compileLabInto(compiled)
  const remove = (): void => rmSync(compiled, { recursive: true, force: true, maxRetries: 10 })
  try {
    const dataDir = join(compiled, 'lab')
    const cluster = await startCluster({ ...options, dataDir, compiled }, serverPorts)
    return {
      ...cluster,
      close: async () => {
        await cluster.close()
        remove()
      },
    }
  } catch (failure) {
    remove()
    throw failure
  }
}
