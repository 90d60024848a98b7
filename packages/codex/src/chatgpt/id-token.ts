import { loginError } from '../lib/codex-error.js'

/** The claims of an id token. Nothing is verified: the token came over TLS, and only the server decides. */
export interface IdTokenClaims {
  readonly email: string | undefined
  readonly planType: string | undefined
  readonly userId: string | undefined
  readonly accountId: string | undefined
  readonly fedramp: boolean
}

const authClaim = 'https://api.openai.com/auth'
const profileClaim = 'https://api.openai.com/profile'

/**
 * Reads the claims of a ChatGPT id token. A malformed claim is an error, as in Codex, because a malformed FedRAMP flag
 * must not count as absent.
 *
 * @throws AuthError `ERR_AUTH_CODEX_LOGIN` (build) when the text is not a JWT, or has a malformed claim. The error
 * contains no value of the token
 */
export function readIdToken(token: string): IdTokenClaims {
  const claims = decode(token)
  if (!claims) throw loginError('the id_token of auth.json is not a JWT; log in again')
  const auth = tableIn(claims, authClaim)
  const { chatgpt_account_is_fedramp: fedramp = false } = auth
  if (typeof fedramp !== 'boolean') throw malformed('chatgpt_account_is_fedramp')
  return {
    email: textIn(claims, 'email') ?? textIn(tableIn(claims, profileClaim), 'email'),
    planType: textIn(auth, 'chatgpt_plan_type'),
    userId: textIn(auth, 'chatgpt_user_id') ?? textIn(auth, 'user_id'),
    accountId: textIn(auth, 'chatgpt_account_id'),
    fedramp,
  }
}

/** @internal Whether a value is a readable id token. A refresh that brings another value does not replace the token. */
export function isIdToken(value: unknown): value is string {
  try {
    return typeof value === 'string' && readIdToken(value) !== undefined
  } catch {
    return false
  }
}

/** @internal The account of an id token; undefined if the value is not an id token, or has no account. */
export function accountOfIdToken(token: string | undefined): string | undefined {
  return isIdToken(token) ? readIdToken(token).accountId : undefined
}

type Claims = Readonly<Record<string, unknown>>

function decode(token: string): Claims | undefined {
  const [head, body, signature, ...more] = token.split('.')
  if (!head || !body || !signature || more.length > 0) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString())
    return typeof claims === 'object' && claims !== null ? (claims as Claims) : undefined
  } catch {
    return undefined
  }
}

function malformed(name: string): Error {
  return loginError(`the id_token of auth.json has a malformed claim ${name}; log in again`)
}

function tableIn(claims: Claims, name: string): Claims {
  const value = claims[name] ?? {}
  if (typeof value === 'object') return value as Claims
  throw malformed(name)
}

/** Undefined if the claim is empty. */
function textIn(claims: Claims, name: string): string | undefined {
  const value = claims[name] ?? ''
  if (typeof value === 'string') return value || undefined
  throw malformed(name)
}
