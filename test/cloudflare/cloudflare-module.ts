import { waitUntil } from 'cloudflare:workers'
import { agentIdentityAuth } from '../../packages/agent-identity/src/index.js'
import { identityTokenVerifier } from '../../packages/agent-identity/src/jwt/jwt.js'
import { apiKeyAuth } from '../../packages/api-key/src/index.js'
import { bearerAuth, rotatingToken, type StoredToken } from '../../packages/bearer/src/index.js'
import { AuthError, type AuthProvider, createMemoryStore } from '../../packages/core/src/index.js'
import { authFetch } from '../../packages/fetch/src/index.js'
import { createResolver } from '../../packages/resolver/src/index.js'
import { sigV4Auth } from '../../packages/sigv4/src/index.js'

/** The server of the test; esbuild puts the texts here. */
declare const ORIGIN: string
declare const AGENT_KEY: string
declare const AGENT_ID: string

/** A module of Cloudflare Workers. Its providers are made once, and every request of an isolate uses them. */
const allowedOrigins = [ORIGIN]

async function ask<T>(name: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(`${ORIGIN}/source/${name}`, { ...(signal && { signal }) })
  return response.json()
}

function client(name: string, provider: AuthProvider): () => Promise<string> {
  const send = authFetch(provider, { allowedOrigins })
  return async () => (await send(`${ORIGIN}/api/${name}`)).text()
}

const source = (name: string) => () => ask<{ token: string; lifetimeMs: number }>(name)
const store = createMemoryStore<{ count: number }>({ count: 0 })
const rotating = rotatingToken({
  store: createMemoryStore<StoredToken>({ refreshToken: 'first' }),
  refresh: async () => ({ accessToken: (await ask<{ token: string }>('rotating')).token }),
})
const resolver = createResolver({ bearer: bearerAuth }, { waitUntil })
const resolved = resolver.resolve({ kind: 'bearer', token: source('resolver'), baseUrl: ORIGIN })
const verify = identityTokenVerifier({ baseUrl: ORIGIN })

/** The work of a request, by name. */
const cases: Record<string, (body: string) => Promise<string>> = {
  bearer: client('bearer', bearerAuth({ token: source('bearer') })),
  'api-key': client('api-key', apiKeyAuth({ key: source('api-key'), header: 'x-api-key' })),
  sigv4: client(
    'sigv4',
    sigV4Auth({
      service: 's3',
      region: 'us-east-1',
      refreshIntervalMs: 0,
      credentials: async () => {
        const { token } = await ask<{ token: string }>('sigv4')
        return { accessKeyId: token, secretAccessKey: 'secret' }
      },
    }),
  ),
  background: client('background', bearerAuth({ token: source('background') })),
  kept: client('kept', bearerAuth({ token: source('kept'), refreshIntervalMs: 1500, waitUntil })),
  agent: client(
    'agent',
    agentIdentityAuth({
      agentRuntimeId: AGENT_ID,
      privateKey: async () => AGENT_KEY,
      taskId: 'task-dead',
      registration: { baseUrl: `${ORIGIN}/api/accounts` },
    }),
  ),
  keys: async (token) => (await verify(token)).record.account_id,
  resolver: async () => (await authFetch(await resolved)(`${ORIGIN}/api/resolver`)).text(),
  rotating: client('rotating', bearerAuth({ token: rotating })),
  store: async () => {
    const changed = await store.update(async (current) => {
      await ask('store')
      return { count: (current?.count ?? 0) + 1 }
    })
    return `count ${changed?.count}`
  },
  hanging: client('hanging', bearerAuth({ token: source('hanging'), timeoutMs: 3000 })),
  'slow-a': client('slow-a', bearerAuth({ token: source('slow-a') })),
  'slow-b': client('slow-b', bearerAuth({ token: source('slow-b') })),
  'slow-c': client('slow-c', bearerAuth({ token: source('slow-c') })),
}

/** Handles one request. */
export async function answer(request: Request): Promise<Response> {
  const [, name = '', how] = new URL(request.url).pathname.split('/')
  const work = cases[name]
  if (!work) return new Response('no such case', { status: 404 })
  const outcome = work(await request.text()).catch((error: unknown) => {
    return AuthError.is(error) ? error.code : String(error)
  })
  // The request ends while its work is under way, and takes its promises and timers with it.
  if (how === 'end') await new Promise((resolve) => setTimeout(resolve, 300))
  return new Response(how === 'end' ? 'ended' : await outcome)
}
