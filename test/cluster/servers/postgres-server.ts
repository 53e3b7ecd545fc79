import { Client } from 'pg'

/** A PostgreSQL server that a test may break. */
export type PostgresServer = {
  /** Of a database on it, that exists or not. */
  urlOf(database: string): string
  /** Ends it as a power cut of its machine would: at once, with every process of it. */
  kill(): Promise<void>
  /** Starts it again where it was killed, on the same port and files; resolves when it answers. */
  start(): Promise<void>
  /** Ends it for good and removes what it wrote. */
  remove(): Promise<void>
}

/** Waits until a server answers at a URL; throws its last answer after the given number of tries, 100 ms apart. */
export async function untilItAnswers(url: string, triesMax = 300): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await ask(url, 'SELECT 1')
      return
    } catch (error) {
      if (tries === triesMax) throw error
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 100)
    })
  }
}

/** Runs statements at a URL, on a connection of their own. */
export async function ask(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}
