import type * as Postgres from 'pg'

/** A connection that is opened at its first use, and opened again after it was lost. */
export interface PostgresConnection {
  /** Runs one statement, as `postgresRecord` needs it. */
  query(text: string, values: string[]): Promise<{ rows: Readonly<Record<string, unknown>>[] }>
  close(): Promise<void>
}

/** Time limit of a connection's opening, and of one statement, in milliseconds. */
const defaultTimeoutMs = 3000

/**
 * @param url `postgres:` or `postgresql:`, with user name and password if needed
 * @param pg the package
 */
export function postgresConnection(
  url: string,
  { Pool }: Pick<typeof Postgres, 'Pool'>,
  timeoutMs: number = defaultTimeoutMs,
): PostgresConnection {
  const pool = new Pool({
    connectionString: url,
    max: 2,
    connectionTimeoutMillis: timeoutMs,
    // Without a limit, a statement without a response keeps its connection, and close() waits for it.
    query_timeout: timeoutMs,
    // An idle connection keeps no process alive.
    allowExitOnIdle: true,
  })
  // Without a listener, a lost connection would end the process. The next statement opens another one.
  pool.on('error', () => {})
  return {
    query: (text, values) => pool.query(text, values),
    close: () => pool.end(),
  }
}
