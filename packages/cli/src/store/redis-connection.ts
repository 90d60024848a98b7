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

  const newClient = () => createClient(clientOptions(url, timeoutMs))

  async function open(): Promise<Client> {
    const client = newClient()
    last = client
    // Without a listener, a lost connection would end the process. The call in flight fails anyway.
    client.on('error', () => {})
    await limited(client, client.connect(), timeoutMs)
    return client
  }

  /** The connection. It is replaced if it was closed, for example because it was idle, so that no call fails. */
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
      return limited(client, client.eval(script, { keys, arguments: args }), timeoutMs)
    },
    async close() {
      opening = undefined
      // No call is in flight, so nothing is lost, and the process need not wait for the server.
      if (last?.isOpen) last.destroy()
    },
  }
}

function clientOptions(url: string, timeoutMs: number) {
  return {
    url,
    // A call that fails is tried again by the store, which opens a new connection.
    socket: { reconnectStrategy: false, connectTimeout: timeoutMs, socketTimeout: idleTimeoutMs },
    RESP: 2,
    // No other command than EVAL needs a right.
    disableClientInfo: true,
  } as const
}

/**
 * The reply to a call. Without a reply the connection may be dead, so it is closed: the calls that follow would keep it
 * from being idle, and fail too.
 */
async function limited<T>(
  client: { readonly isOpen: boolean; destroy(): void },
  call: Promise<T>,
  timeoutMs: number,
): Promise<T> {
  const timer = setTimeout(() => client.isOpen && client.destroy(), timeoutMs)
  try {
    return await call
  } finally {
    clearTimeout(timer)
  }
}
