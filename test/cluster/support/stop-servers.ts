import type { Server } from '../../../sandbox/servers/server.ts'

// Jest runs what a file exports as its default.
export { stopServers as default }

/** Stops the servers that were started before the first file. */
async function stopServers(): Promise<void> {
  const { startedServers } = globalThis as { startedServers?: readonly Server[] }
  for (const server of startedServers ?? []) await server.stop()
}
