import type { ApplyAuthOptions, AuthError, AuthObserver } from '@outbound-auth/core'
import { checkOptions, untilAborted } from '@outbound-auth/core/provider'
import { jwtVerify } from 'jose'
import { parseAgentKey } from '../key/agent-key.js'
import { buildError } from '../lib/agent-error.js'
import { type AgentIdCharacters, checkAgentId } from '../lib/agent-id.js'
import type { AgentIdentityRecord } from '../lib/agent-identity-record.js'
import { authorityUrl } from '../registration/authority-url.js'
import { jwksCache } from './jwks-cache.js'
import { splitJwt } from './jwt-structure.js'

/** Options of {@link identityTokenVerifier}. */
export interface IdentityTokenVerifierOptions {
  /**
   * Base URL of the trusted key set. The keys are at `/wham/agent-identities/jwks` below it, without `/wham` if the
   * base URL has no `/backend-api`.
   *
   * @default 'https://chatgpt.com/backend-api'
   */
  readonly baseUrl?: string | undefined
  /** @default 'https://chatgpt.com/codex-backend/agent-identity' */
  readonly issuer?: string | undefined
  /** @default 'codex-app-server' */
  readonly audience?: string | undefined
  /** @default 'unreserved' */
  readonly idCharacters?: AgentIdCharacters | undefined
  /** @default the platform's fetch, at each call */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  /**
   * Gets the promise of a renewal of the key set in the background, so that the runtime waits for it: `waitUntil` of
   * `cloudflare:workers` or of `@vercel/functions`.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  readonly observer?: AuthObserver | undefined
}

/** An identity token that its issuer has signed. */
export interface VerifiedIdentityToken {
  /** The agent in the form of a store, without a run task. It is secret, because it holds the private key. */
  readonly record: AgentIdentityRecord
  readonly issuedAt: Date
  readonly expiresAt: Date
}

/** Verifies one token. {@link identityTokenVerifier} makes it. */
export type IdentityTokenVerifier = (
  token: string,
  options?: ApplyAuthOptions,
) => Promise<VerifiedIdentityToken>

const optionNames = ['baseUrl', 'issuer', 'audience', 'idCharacters', 'fetch', 'now', 'waitUntil', 'observer']
const leewaySeconds = 60
const planAliases: Readonly<Record<string, string>> = { hc: 'enterprise', education: 'edu' }

/**
 * Makes a function that verifies identity tokens and takes the agent out of them. A token holds the agent's private
 * key: treat it as a secret everywhere.
 *
 * Only RS256 with a key of the issuer's set is accepted, with 60 s of leeway. The set is kept for 10 minutes, and
 * renewed in the background in the last two. A token with an unknown key fetches the set again, at most every 30 s;
 * tokens with known keys do not wait for that.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from the function, build: `ERR_AUTH_JWT_MALFORMED`, `ERR_AUTH_JWT_ALGORITHM`,
 * `ERR_AUTH_JWT_HEADER`, `ERR_AUTH_JWT_KEY_MISSING`, `ERR_AUTH_JWT_KEY_UNKNOWN`, `ERR_AUTH_JWT_KEY_WEAK`,
 * `ERR_AUTH_JWT_SIGNATURE`, `ERR_AUTH_JWT_ISSUER`, `ERR_AUTH_JWT_AUDIENCE`, `ERR_AUTH_JWT_EXPIRED`,
 * `ERR_AUTH_JWT_NOT_YET_VALID`, `ERR_AUTH_JWT_CLAIMS`, `ERR_AUTH_JWKS_REFUSED`, `ERR_AUTH_JWKS_RESPONSE`,
 * `ERR_AUTH_REDIRECT`, `ERR_AUTH_AGENT_ID`, `ERR_AUTH_AGENT_KEY`, `ERR_AUTH_AGENT_KEY_MISMATCH`; transient:
 * `ERR_AUTH_JWKS_UNAVAILABLE`, `ERR_AUTH_TIMEOUT`
 * @see https://www.rfc-editor.org/rfc/rfc8725
 */
export function identityTokenVerifier(options: IdentityTokenVerifierOptions = {}): IdentityTokenVerifier {
  const {
    baseUrl = 'https://chatgpt.com/backend-api',
    issuer = 'https://chatgpt.com/codex-backend/agent-identity',
    audience = 'codex-app-server',
    idCharacters,
    fetch,
    now,
    waitUntil,
    observer,
  } = checkOptions('identityTokenVerifier', options, optionNames)
  const path = baseUrl.includes('/backend-api') ? '/wham/agent-identities/jwks' : '/agent-identities/jwks'
  const jwks = jwksCache({
    url: authorityUrl('identityTokenVerifier: baseUrl', baseUrl, path),
    fetch,
    now,
    waitUntil,
    observer,
  })

  return async (token, applyOptions = {}) => {
    const { signal } = applyOptions
    signal?.throwIfAborted()
    const { header, claims } = splitJwt(token)
    // A token that lacks a claim is invalid whatever its signature, so its key is not fetched.
    checkClaims(claims)
    const { kid } = header
    const find = await jwks.keysFor(kid as string, applyOptions)
    const verified = jwtVerify(token, find, {
      algorithms: ['RS256'],
      issuer,
      audience,
      clockTolerance: leewaySeconds,
      requiredClaims: ['iss', 'aud', 'iat', 'exp'],
      currentDate: now?.() ?? new Date(),
    }).catch((error: unknown) => {
      throw explain(error)
    })
    const { payload } = await untilAborted(verified, signal)
    return recordOf(checkClaims(payload), idCharacters)
  }
}

interface IdentityClaims {
  readonly iat: number
  readonly exp: number
  readonly email?: string | null
  readonly agent_runtime_id: string
  readonly agent_private_key: string
  readonly account_id: string
  readonly chatgpt_user_id: string
  readonly plan_type: string
  readonly chatgpt_account_is_fedramp: boolean
}

const textClaims = ['agent_runtime_id', 'agent_private_key', 'account_id', 'chatgpt_user_id', 'plan_type']

/** Whether all claims are present with the right type. Their values are not checked. */
function checkClaims(payload: Readonly<Record<string, unknown>>): IdentityClaims {
  // A copy, so that it inherits nothing.
  const claims: Readonly<Record<string, unknown>> = Object.assign(Object.create(null), payload)
  const { iss, aud, exp, iat, email, chatgpt_account_is_fedramp: fedramp } = claims
  if (Array.isArray(aud)) throw refusal('AUDIENCE', 'it has several audiences')
  if (typeof iss !== 'string' || typeof aud !== 'string') throw refusal('CLAIMS', 'iss or aud is no text')
  if (!Number.isFinite(exp) || !Number.isFinite(iat)) throw refusal('CLAIMS', 'exp or iat is no number')
  const missing = textClaims.find((name) => typeof claims[name] !== 'string' || claims[name] === '')
  if (missing) throw refusal('CLAIMS', `${missing} is missing or no text`)
  if (typeof fedramp !== 'boolean')
    throw refusal('CLAIMS', 'chatgpt_account_is_fedramp is missing or no boolean')
  if (email !== undefined && email !== null && typeof email !== 'string')
    throw refusal('CLAIMS', 'email is no text')
  return claims as unknown as IdentityClaims
}

async function recordOf(
  claims: IdentityClaims,
  idCharacters: AgentIdCharacters | undefined,
): Promise<VerifiedIdentityToken> {
  const { exp, iat, email, plan_type: plan } = claims
  const key = await parseAgentKey(claims.agent_private_key)
  return {
    record: {
      agent_runtime_id: checkAgentId('agent_runtime_id', claims.agent_runtime_id, idCharacters),
      agent_private_key: key.exportPrivateKey(),
      account_id: claims.account_id,
      chatgpt_user_id: claims.chatgpt_user_id,
      email: email ?? '',
      plan_type: Object.hasOwn(planAliases, plan) ? (planAliases[plan] as string) : plan,
      chatgpt_account_is_fedramp: claims.chatgpt_account_is_fedramp,
    },
    issuedAt: new Date(iat * 1000),
    expiresAt: new Date(exp * 1000),
  }
}

function refusal(what: string, why: string): AuthError {
  return buildError(`The identity token is rejected: ${why}`, `ERR_AUTH_JWT_${what}`)
}

/** The errors of jose contain the claims, and so the private key, so they are dropped. */
function explain(error: unknown): AuthError {
  const { code, claim, reason } = error as { code?: unknown; claim?: unknown; reason?: unknown }
  if (code === 'ERR_JWT_EXPIRED') return refusal('EXPIRED', 'it has expired')
  if (code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') return refusal('SIGNATURE', 'its signature is wrong')
  if (code !== 'ERR_JWT_CLAIM_VALIDATION_FAILED')
    return refusal('KEY_WEAK', 'its key is too short, or cannot verify it')
  if (reason !== 'check_failed')
    return refusal('CLAIMS', 'a claim of time, issuer or audience is missing or malformed')
  if (claim === 'iss') return refusal('ISSUER', 'its issuer is another one')
  if (claim === 'aud') return refusal('AUDIENCE', 'it is for another audience')
  return refusal('NOT_YET_VALID', 'it is not valid yet')
}
