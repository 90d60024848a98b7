import { loginError } from '../lib/codex-error.js'

/** What an id token says about its owner. Nothing is verified: it was got over TLS, and only the server decides. */
export interface IdTokenClaims {
  readonly email: string | undefined
  readonly planType: string | undefined
  readonly userId: string | undefined
  readonly accountId: string | undefined
  readonly fedramp: boolean
}

/**
 * Reads the claims of a ChatGPT id token.
 *
 * @throws AuthError `ERR_AUTH_CODEX_LOGIN` (build) when it is no JWT; nothing of it is in the error
 */
export function readIdToken(token: string): IdTokenClaims {
  const claims = decode(token)
  if (!claims) throw loginError('the id_token of auth.json is no JWT; log in again')
  const auth = recordOf(claims['https://api.openai.com/auth'])
  const profile = recordOf(claims['https://api.openai.com/profile'])
  return {
    email: textOf(claims['email']) ?? textOf(profile['email']),
    planType: textOf(auth['chatgpt_plan_type']),
    userId: textOf(auth['chatgpt_user_id']) ?? textOf(auth['user_id']),
    accountId: textOf(auth['chatgpt_account_id']),
    fedramp: auth['chatgpt_account_is_fedramp'] === true,
  }
}

/** @internal Whether a value is an id token that can be read. One that a refresh brings, and cannot, is not kept. */
export function isIdToken(value: unknown): value is string {
  return typeof value === 'string' && decode(value) !== undefined
}

/** @internal The account that an id token names; undefined when it names none, or is none. */
export function accountOfIdToken(token: string | undefined): string | undefined {
  return isIdToken(token) ? readIdToken(token).accountId : undefined
}

function decode(token: string): Record<string, unknown> | undefined {
  const [head, body, signature, ...more] = token.split('.')
  if (!head || !body || !signature || more.length > 0) return undefined
  try {
    return recordOf(JSON.parse(Buffer.from(body, 'base64url').toString()))
  } catch {
    return undefined
  }
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
