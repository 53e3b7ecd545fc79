import { readFileSync, writeFileSync } from 'node:fs'
import { drawBpmn } from './draw.ts'
import { layOutBpmn } from './write.ts'

const usage = 'npm run draw -- [--layout] FILE.bpmn …   (--layout: also lays the diagram out anew)'

/** Draws each FILE.bpmn into FILE.svg beside it. */
async function main(parameters: readonly string[]): Promise<void> {
  const layout = parameters.includes('--layout')
  const files = parameters.filter((parameter) => parameter !== '--layout')
  if (files.length === 0 || !files.every((file) => file.endsWith('.bpmn'))) throw new Error(usage)
  for (const file of files) {
    if (layout) writeFileSync(file, await layOutBpmn(readFileSync(file, 'utf8')))
    writeFileSync(file.replace(/bpmn$/, 'svg'), await drawBpmn(readFileSync(file, 'utf8')))
    process.stdout.write(`${file}\n`)
  }
}

main(process.argv.slice(2)).catch((failure: unknown) => {
  process.stderr.write(`${failure instanceof Error ? failure.message : String(failure)}\n`)
  process.exitCode = 1
})
