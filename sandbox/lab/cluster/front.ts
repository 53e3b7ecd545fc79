import { connect, createServer, type Server, type Socket } from 'node:net'

/** One address in front of several programs that do the same. */
export type Front = {
  readonly url: string
  /** Listens no more, and cuts every connection. */
  close(): Promise<void>
}

const host = '127.0.0.1'

/**
 * Listens on a port (0: a free one) and hands each connection to the next of the given ports of this machine that takes
 * it. With none that does, it hangs up, and so it does when the one behind ends in the middle. Rejects when it cannot listen.
 */
export async function openFront(port: number, behind: readonly number[]): Promise<Front> {
  const open = new Set<Socket>()
  const keep = (socket: Socket): void => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  }
  let turn = 0
  const server = createServer((caller) => {
    keep(caller)
    const first = turn++ % behind.length
    joinFirst(caller, [...behind.slice(first), ...behind.slice(0, first)], keep)
  })
  const at = await listen(server, port)
  return {
    url: `http://${host}:${String(at)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        for (const socket of open) socket.destroy()
      }),
  }
}

/** What the caller says waits in its socket until somebody is there to hear it. */
function joinFirst(
  caller: Socket,
  [port, ...others]: readonly number[],
  keep: (socket: Socket) => void,
): void {
  if (port === undefined || caller.destroyed) {
    caller.destroy()
    return
  }
  const taker = connect(port, host)
  const next = (): void => {
    joinFirst(caller, others, keep)
  }
  keep(taker)
  taker.once('error', next)
  taker.once('connect', () => {
    taker.off('error', next)
    join(caller, taker)
  })
}

/** An end is handed on as an end, and a broken connection as a broken one. */
function join(caller: Socket, taker: Socket): void {
  for (const [from, to] of [
    [caller, taker],
    [taker, caller],
  ] as const) {
    from.on('error', () => to.destroy())
    from.once('close', () => to.destroy())
    from.setNoDelay(true)
    from.pipe(to)
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}
