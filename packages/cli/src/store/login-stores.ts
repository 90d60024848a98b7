import { fileURLToPath } from 'node:url'
import type { AuthObserver, DocumentStore } from '@outbound-auth/core'
import type { StoreFactory, StoreSettings } from '@outbound-auth/resolver'
import type { SharedRecord } from '@outbound-auth/shared-store'
import type { CommandContext } from '../context/command.js'
import { type LoginDocument, parseLogin } from '../oauth/login-document.js'
import { checkStoreUrl } from './check-store-url.js'
import { loadClient } from './load-client.js'

/** Surroundings of {@link loginStores}. */
export type StoreContext = Pick<CommandContext, 'messages' | 'cwd' | 'onEnd' | 'signal'>

/** The databases that a definition can name: a login in one of them is shared by many machines. */
export function loginStores(context: StoreContext): {
  readonly redis: StoreFactory
  readonly postgres: StoreFactory
} {
  const installation = { file: fileURLToPath(import.meta.url), cwd: context.cwd }
  return {
    async redis(settings) {
      const url = checkStoreUrl('redis', settings.url)
      const redis = await loadClient('redis', () => import('redis'), installation)
      const { redisConnection } = await import('./redis-connection.js')
      const { redisRecord } = await import('@outbound-auth/shared-store/redis')
      const connection = redisConnection(url, redis)
      const record = redisRecord({ key: settings.key, evaluate: connection.evaluate })
      return openStore(record, settings, connection, context)
    },
    async postgres(settings) {
      const url = checkStoreUrl('postgres', settings.url)
      const { default: pg } = await loadClient('pg', () => import('pg'), installation)
      const { postgresConnection } = await import('./postgres-connection.js')
      const { postgresRecord } = await import('@outbound-auth/shared-store/postgres')
      const { table } = settings
      const connection = postgresConnection(url, pg)
      const record = postgresRecord({ name: settings.key, query: connection.query, table })
      return openStore(record, settings, connection, context)
    },
  }
}

/** A store whose connection is closed when the command ends. */
async function openStore(
  record: SharedRecord,
  { encryptionKeys }: StoreSettings,
  connection: { close(): Promise<void> },
  { messages, onEnd, signal }: StoreContext,
): Promise<DocumentStore<LoginDocument>> {
  const { sharedStore } = await import('@outbound-auth/shared-store')
  const observer: AuthObserver = (event) => {
    if (event.type === 'warned') messages.note(event.message)
  }
  const store = sharedStore({ record, encryptionKeys, parse: parseLogin, observer })
  const calls = new Set<Promise<unknown>>()
  const track = <R>(call: Promise<R>): Promise<R> => {
    calls.add(call)
    const forget = () => calls.delete(call)
    call.then(forget, forget)
    return call
  }
  onEnd(async () => {
    // A refresh that has begun must be stored, because the token that it replaces is spent.
    await Promise.race([Promise.allSettled(calls), patience(signal)])
    await connection.close()
  })
  return {
    read: () => track(store.read()),
    update: (change, options) => track(store.update(change, options)),
  }
}

/** How long an interrupted command waits for a refresh that has begun, in milliseconds. */
const patienceMs = 5000

/** Ends that time after the interrupt, which may also come while the command waits. */
function patience(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wait = () => setTimeout(resolve, patienceMs).unref()
    if (signal.aborted) wait()
    else signal.addEventListener('abort', wait, { once: true })
  })
}
