import { loginError } from '../lib/codex-error.js'

/** The authority that registers agents, and signs their identity tokens. */
export interface AgentAuthority {
  /** `https://auth.openai.com/api/accounts` */
  readonly authApi: string
  /** Base URL of the key set: `https://chatgpt.com/backend-api`. */
  readonly jwksBase: string
}

/** The first base URL is the default. */
const productionApi = 'https://auth.openai.com/api/accounts'
const stagingApi = 'https://auth.api.openai.org/api/accounts'
const suffixes = '(?:/backend-api|/codex|/backend-api/codex)?'
const production = new RegExp(`^https://(?:chatgpt\\.com|chat\\.openai\\.com)${suffixes}$`)
const staging = new RegExp(`^https://chatgpt-staging\\.com${suffixes}$`)

/** The environment of ChatGPT that a base URL belongs to; undefined for any other URL. */
export function chatgptEnvironment(chatgptBaseUrl: string): 'production' | 'staging' | undefined {
  const base = trimmed(chatgptBaseUrl) ?? ''
  if (production.test(base)) return 'production'
  return staging.test(base) ? 'staging' : undefined
}

/**
 * The authority for a ChatGPT base URL. An unknown base URL is trusted only if the environment overrides the
 * registration URL, and names the same base URL for the key set.
 *
 * @throws AuthError `ERR_AUTH_CODEX_LOGIN` (build)
 */
export function agentAuthority(
  chatgptBaseUrl: string,
  env: Readonly<Record<string, string | undefined>>,
): AgentAuthority {
  const base = trimmed(chatgptBaseUrl) ?? ''
  const authApi = trimmed(env['CODEX_AGENT_IDENTITY_AUTHAPI_BASE_URL'])
  const jwksBase = trimmed(env['CODEX_AGENT_IDENTITY_JWKS_BASE_URL'])
  if (production.test(base)) return { authApi: authApi ?? productionApi, jwksBase: jwksBase ?? base }
  if (staging.test(base)) return { authApi: authApi ?? stagingApi, jwksBase: jwksBase ?? base }
  if (base && authApi !== undefined && jwksBase === base) return { authApi, jwksBase }
  throw loginError(
    'agent identities exist in the production and staging environments of ChatGPT only, and chatgpt_base_url is another one; remove it, or set CODEX_AGENT_IDENTITY_AUTHAPI_BASE_URL, and CODEX_AGENT_IDENTITY_JWKS_BASE_URL to the same URL',
  )
}

/** The base URL for personal access tokens. */
export function personalAuthApi(env: Readonly<Record<string, string | undefined>>): string {
  return trimmed(env['CODEX_AUTHAPI_BASE_URL']) ?? productionApi
}

function trimmed(url: string | undefined): string | undefined {
  return url?.trim().replace(/\/+$/, '') || undefined
}
