import type { StoredToken } from '@outbound-auth/bearer'
import type { DocumentStore } from '@outbound-auth/core'
import { sharedStore } from '@outbound-auth/shared-store'
import { redisRecord } from '@outbound-auth/shared-store/redis'
import { createClient } from 'redis'

/** The store of the login, and its connection. */
export interface FleetStore {
  readonly store: DocumentStore<StoredToken>
  close(): void
}

/** The key in Redis that holds the login. */
export const loginKey = 'oa:agent-fleet'

/** Opens the store that all agents share. The URL and the key of the encryption come from the environment. */
export async function openFleetStore(): Promise<FleetStore> {
  const client = createClient({ url: process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379' })
  // Without a listener, a lost connection would end the process. The client connects again.
  client.on('error', () => {})
  await client.connect()
  const record = redisRecord({
    key: loginKey,
    evaluate: (script, keys, args) => client.eval(script, { keys, arguments: args }),
  })
  const store = sharedStore<StoredToken>({ record, encryptionKeys: [process.env['OA_KEY']] })
  return { store, close: () => client.destroy() }
}
