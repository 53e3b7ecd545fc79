/** Prints what a reader of the test's run may want to know and no assertion can say: times, sizes, seeds. */
export function remark(words: string): void {
  process.stderr.write(`    ${words}\n`)
}
