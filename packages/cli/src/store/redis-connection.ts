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
  type Client = ReturnType<typeof newClient>
  let last: Client | undefined
  let opening: Promise<Client> | undefined

  function newClient() {
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
    return client
  }

  /** The reply to a call. A connection without one may be dead, and calls that follow would keep it from being idle. */
  async function limited<T>(client: Client, call: Promise<T>): Promise<T> {
    const timer = setTimeout(() => client.isOpen && client.destroy(), timeoutMs)
    try {
      return await call
    } finally {
      clearTimeout(timer)
    }
  }

  async function open(): Promise<Client> {
    const client = newClient()
    last = client
    await limited(client, client.connect())
    return client
  }

  /** The connection. One that was closed, such as an idle one, is replaced before it fails a call. */
  async function ready(): Promise<Client> {
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
      return limited(client, client.eval(script, { keys, arguments: args }))
    },
    async close() {
      opening = undefined
      // No call is in flight, so nothing is lost, and the process need not wait for the server.
      if (last?.isOpen) last.destroy()
    },
  }
}
