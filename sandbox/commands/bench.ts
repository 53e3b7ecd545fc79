import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runBench, type BenchLab, type BenchOptions, type BenchPorts } from '../bench/bench.ts'
import { benchProcesses, runClusterBench } from '../bench/cluster/bench.ts'
import { startCluster } from '../lab/cluster/cluster.ts'

/** Benchmarks a lab of its own, whose files are removed at the end; true when the bar is met. */
export function measureLab(
  options: BenchOptions,
  startLab: (dataDir: string) => Promise<BenchLab>,
  ports: BenchPorts,
): Promise<boolean> {
  return inFolder(async (dataDir) => {
    const bench = await startLab(dataDir)
    return runBench(options, bench, ports).finally(() => bench.lab.close())
  })
}

/** Benchmarks a cluster of its own, servers included, which is taken down at the end; true when the bar is met. */
export function measureCluster(options: BenchOptions, ports: BenchPorts): Promise<boolean> {
  return inFolder(async (dataDir) => {
    const say = (words: string): void => ports.terminal.status(words)
    const cluster = await startCluster({ dataDir, processes: benchProcesses, say }, ports)
    return runClusterBench(options, cluster, ports).finally(() => cluster.close())
  })
}

async function inFolder<T>(work: (dataDir: string) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'kivuko-bench-'))
  try {
    return await work(dataDir)
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}
