import type * as Redis from 'redis'

/** A connection that is opened at its first use, and opened again after it was lost. */
export interface RedisConnection {
  /** Runs a Lua script, as `redisRecord` needs it. */
  evaluate(script: string, keys: string[], args: string[]): Promise<unknown>
  close(): Promise<void>
}

/** Time limit of a connection's opening, and of one call, in milliseconds. */
const defaultTimeoutMs = 3000
/** A connection without traffic for this time is closed: while a token is refreshed, the lock brings traffic. */
const idleTimeoutMs = 5000

/**
 * @param url `redis:` or `rediss:`, with user name and password if needed
 * @param redis the package
 */
export function redisConnection(
  url: string,
  { createClient }: Pick<typeof Redis, 'createClient'>,
  timeoutMs: number = defaultTimeoutMs,
): RedisConnection {
  let opening: ReturnType<typeof open> | undefined

  async function open() {
    const client = createClient({
      url,
      // A call that fails is tried again by the store, which opens a new connection.
      socket: { reconnectStrategy: false, connectTimeout: timeoutMs, socketTimeout: idleTimeoutMs },
      RESP: 2,
      // No other command than EVAL needs a right.
      disableClientInfo: true,
    })
    // Without a listener, a lost connection would end the process. The call in flight fails anyway.
    client.on('error', () => {})
    await client.connect()
    return client
  }

  /** The connection. One that was closed, such as an idle one, is replaced before it fails a call. */
  async function ready(): Promise<Awaited<ReturnType<typeof open>>> {
    opening ??= open()
    const current = opening
    const client = await current.catch((error: unknown) => {
      if (opening === current) opening = undefined
      throw error
    })
    if (client.isReady) return client
    if (opening === current) opening = undefined
    return ready()
  }

  return {
    async evaluate(script, keys, args) {
      const client = await ready()
      // The connection may be dead. Calls that follow would keep it from being idle, and fail too.
      const timer = setTimeout(() => client.isOpen && client.destroy(), timeoutMs)
      try {
        return await client.eval(script, { keys, arguments: args })
      } finally {
        clearTimeout(timer)
      }
    },
    async close() {
      const client = await opening?.catch(() => undefined)
      opening = undefined
      // No call is in flight, so nothing is lost, and the process need not wait for the server.
      if (client?.isOpen) client.destroy()
    },
  }
}
