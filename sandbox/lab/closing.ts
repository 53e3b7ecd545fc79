/** Ends something that was opened. */
export type Close = () => void | Promise<void>

/** Closes all in the reverse order, whatever fails on the way; the first failure is told at the end. */
export async function closeAll(opened: readonly Close[]): Promise<void> {
  const failures: unknown[] = []
  for (const close of [...opened].reverse()) {
    try {
      await close()
    } catch (failure) {
      failures.push(failure)
    }
  }
  if (failures.length > 0) throw failures[0]
}
