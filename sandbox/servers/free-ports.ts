import type { Network, Route } from '../http.ts'

/** Ports of this machine that nobody listens on, each a different one. Another program may still take one before its asker does. */
export async function freePorts(count: number, network: Network): Promise<readonly number[]> {
  const at = { host: '127.0.0.1', port: 0, bodyBytesMax: 0 }
  const taken = await Promise.all(Array.from({ length: count }, () => network.listen(nowhere, at)))
  await Promise.all(taken.map(({ close }) => close()))
  return taken.map(({ port }) => port)
}

const nowhere: Route = async () => ({ status: 503, headers: {}, bytes: new Uint8Array() })
