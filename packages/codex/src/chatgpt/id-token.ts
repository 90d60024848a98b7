import { loginError } from '../lib/codex-error.js'

/** What an id token says about its owner. Nothing is verified: it was got over TLS, and only the server decides. */
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
 * Reads the claims of a ChatGPT id token. One that is malformed is an error, as in Codex: a FedRAMP flag that is not
 * understood must not be taken for none.
 *
 * @throws AuthError `ERR_AUTH_CODEX_LOGIN` (build) when it is not a JWT, or has a malformed claim; no value of it is in
 * the error
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

/** @internal Whether a value is an id token that can be read. One that a refresh brings, and cannot, is not kept. */
export function isIdToken(value: unknown): value is string {
  try {
    return typeof value === 'string' && readIdToken(value) !== undefined
  } catch {
    return false
  }
}

/** @internal The account that an id token names; undefined when it names none, or is none. */
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

/** Undefined where it is empty. */
function textIn(claims: Claims, name: string): string | undefined {
  const value = claims[name] ?? ''
  if (typeof value === 'string') return value || undefined
  throw malformed(name)
}
