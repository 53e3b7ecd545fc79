import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runBench, type BenchLab, type BenchOptions, type BenchPorts } from '../bench/bench.ts'

/** Benchmarks a lab of its own, whose files are removed at the end; true when the bar is met. */
export async function measureLab(
  options: BenchOptions,
  startLab: (dataDir: string) => Promise<BenchLab>,
  ports: BenchPorts,
): Promise<boolean> {
  const dataDir = mkdtempSync(join(tmpdir(), 'kivuko-bench-'))
  try {
    const bench = await startLab(dataDir)
    try {
      return await runBench(options, bench, ports)
    } finally {
      await bench.lab.close()
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}
