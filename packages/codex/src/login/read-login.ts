import { join } from 'node:path'
import type { DocumentStore } from '@outbound-auth/core'
import type { CodexConfig } from '../config/codex-config.js'
import { loginError } from '../lib/codex-error.js'
import { type AuthDocument, type LoginMode, loginModeOf } from './auth-document.js'
import type { HostHeaders } from './host-headers-auth.js'
import { readWorkloadIdentity, type WorkloadIdentity } from './workload-identity.js'

/** A login as it was found, before any call of a server. */
export interface FoundLogin {
  readonly mode: LoginMode | 'workloadIdentity'
  /** The place of the login, in words: `auth.json`, `the store`, `CODEX_API_KEY`. */
  readonly place: string
  readonly document: AuthDocument
  /** Set for a workload identity. */
  readonly workload?: WorkloadIdentity | undefined
}

/** The places in which a login is searched. */
export interface LoginPlaces {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly config: Pick<CodexConfig, 'credentialsStore' | 'forcedLoginMethod'>
  readonly store: DocumentStore<AuthDocument>
  /** The store in words. @default 'auth.json' */
  readonly storeName?: string | undefined
  /** Headers of the embedding application, which replace every other login. */
  readonly headers?: HostHeaders | undefined
}

/**
 * Finds the login as Codex does: the headers of the embedding application, workload identity, `CODEX_API_KEY`,
 * `CODEX_ACCESS_TOKEN`, then the stored login. Values of the two variables are trimmed, and empty values do not count.
 *
 * @returns undefined if there is no login
 * @throws AuthError build: `ERR_AUTH_CODEX_LOGIN`, `ERR_AUTH_CODEX_WORKLOAD_IDENTITY`; `ERR_AUTH_CODEX_KEYRING` when
 * the login is in the system's keyring
 */
export async function readLogin(places: LoginPlaces): Promise<FoundLogin | undefined> {
  const found = await find(places)
  if (found) checkForced(places.config, found.mode === 'apikey', found.place)
  return found
}

/**
 * @internal Whether the configuration allows a login.
 *
 * @param isApi whether the login is an API key, and not a ChatGPT login
 * @throws AuthError `ERR_AUTH_CODEX_LOGIN` (build)
 */
export function checkForced(
  { forcedLoginMethod: forced }: Pick<CodexConfig, 'forcedLoginMethod'>,
  isApi: boolean,
  place: string,
): void {
  if (forced === undefined || isApi === (forced === 'api')) return
  const wanted = forced === 'api' ? 'an API key' : 'ChatGPT'
  throw loginError(
    `the configuration demands forced_login_method = "${forced}", and ${place} has another one; log in with ${wanted}`,
  )
}

async function find({
  env,
  config,
  store,
  storeName = 'auth.json',
  headers,
}: LoginPlaces): Promise<FoundLogin | undefined> {
  const { credentialsStore } = config
  const variable = (name: string) => (Object.hasOwn(env, name) && env[name]?.trim()) || undefined
  if (headers) return { mode: 'headers', place: 'the application', document: {} }
  const workload = readWorkloadIdentity(env)
  if (workload) return { mode: 'workloadIdentity', place: 'the environment', document: {}, workload }
  const apiKey = variable('CODEX_API_KEY')
  if (apiKey) return { mode: 'apikey', place: 'CODEX_API_KEY', document: { OPENAI_API_KEY: apiKey } }
  const token = variable('CODEX_ACCESS_TOKEN')
  if (token) {
    const place = 'CODEX_ACCESS_TOKEN'
    return token.startsWith('at-')
      ? { mode: 'personalAccessToken', place, document: { personal_access_token: token } }
      : { mode: 'agentIdentity', place, document: { agent_identity: token } }
  }
  if (credentialsStore === 'keyring') {
    throw loginError(
      'the configuration keeps it in the keyring, which cannot be read; set cli_auth_credentials_store = "file" and log in again, or set CODEX_API_KEY',
      'ERR_AUTH_CODEX_KEYRING',
    )
  }
  const document = credentialsStore === 'ephemeral' ? undefined : await store.read()
  const mode = document && loginModeOf(document)
  if (document && mode) return { mode, place: storeName, document }
  if (credentialsStore !== 'auto') return undefined
  throw loginError(
    'the configuration keeps it in the keyring, else in auth.json (cli_auth_credentials_store = "auto"); auth.json has none, and the keyring cannot be read; set cli_auth_credentials_store = "file" and log in again, or set CODEX_API_KEY',
    'ERR_AUTH_CODEX_KEYRING',
  )
}

/** The path of the stored login. */
export function authPath(home: string): string {
  return join(home, 'auth.json')
}
