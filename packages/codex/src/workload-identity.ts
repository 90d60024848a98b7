import { isAbsolute } from 'node:path'
import { type AccessToken, AuthError } from '@outbound-auth/core'
import { readBoundedFile, secretLimit } from '@outbound-auth/core/command'
import { callAuthority } from './call-authority.js'

/** The settings of a workload identity, from the environment. */
export interface WorkloadIdentity {
  readonly ruleId: string
  /** Absolute path of the file with the workload's own token. */
  readonly tokenFile: string
  /** Opaque; it is secret. */
  readonly context: string | undefined
}

/** What an exchange brought. */
export interface WorkloadToken extends AccessToken {
  readonly accountId: string
  readonly userId: string
}

const purpose = 'Cannot exchange the workload identity'
const maxAssertionLength = 16_384
const build = (problem: string) =>
  AuthError.build(`${purpose}: ${problem}`, { code: 'ERR_AUTH_CODEX_WORKLOAD_IDENTITY' })

/** @throws AuthError `ERR_AUTH_CODEX_WORKLOAD_IDENTITY` (build) when it is not complete */
export function readWorkloadIdentity(env: Readonly<Record<string, string | undefined>>): WorkloadIdentity {
  const variable = (name: string) => {
    const value = Object.hasOwn(env, name) && env[name]?.trim()
    if (value) return value
    throw build(`workload identity requires ${name}`)
  }
  const ruleId = variable('OPENAI_FEDERATION_RULE_ID')
  const tokenFile = variable('OPENAI_IDENTITY_TOKEN_FILE')
  if (!isAbsolute(tokenFile)) throw build('OPENAI_IDENTITY_TOKEN_FILE must be an absolute path')
  return { ruleId, tokenFile, context: env['OPENAI_WORKLOAD_IDENTITY_CONTEXT']?.trim() || undefined }
}

/**
 * Exchanges the workload's own token for an access token.
 *
 * @throws AuthError `ERR_AUTH_CODEX_WORKLOAD_IDENTITY`: build, or transient when a later try may succeed
 * @see https://www.rfc-editor.org/rfc/rfc7523
 */
export async function exchangeWorkloadIdentity(
  identity: WorkloadIdentity,
  tokenUrl: string,
  fetch: typeof globalThis.fetch | undefined,
  now: () => Date,
  signal?: AbortSignal,
): Promise<WorkloadToken> {
  const file = await readBoundedFile(identity.tokenFile, { limit: secretLimit })
  if (file.problem !== undefined) {
    // A later try may find a file; a pipe or a device stays one.
    throw file.code
      ? transient('its token file cannot be read', { code: file.code })
      : build(`its token file ${file.problem}`)
  }
  const trimmed = new TextDecoder().decode(file.bytes).trim()
  if (trimmed === '' || trimmed.length > maxAssertionLength) {
    throw build(`its token file is empty or longer than ${maxAssertionLength} characters`)
  }
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: trimmed,
    federation_rule_id: identity.ruleId,
    ...(identity.context !== undefined && { workload_identity_context: identity.context }),
  })
  const { status, json } = await callAuthority({
    purpose,
    url: tokenUrl,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: body.toString(),
    unavailable: 'ERR_AUTH_CODEX_WORKLOAD_IDENTITY',
    timeoutMs: 30_000,
    fetch,
    signal,
  })
  if (status === 408 || status === 429 || status >= 500) throw transient(`its server answered ${status}`)
  if (status !== 200 || !json) throw build(`its server answered ${status}`)
  const text = (name: string) => {
    const value = json[name]
    if (typeof value === 'string' && value !== '') return value
    throw build(`the answer has no ${name}`)
  }
  const seconds = json['expires_in']
  if (typeof seconds !== 'number' || !(seconds >= 1 && seconds <= 3600)) {
    throw build('the answer has an expires_in that is not 1 to 3600')
  }
  if (text('token_type').toLowerCase() !== 'bearer')
    throw build('the answer has a token_type other than Bearer')
  return {
    token: text('access_token'),
    expiresAt: new Date(now().getTime() + seconds * 1000),
    accountId: text('chatgpt_account_id'),
    userId: text('chatgpt_account_user_id'),
  }
}

function transient(problem: string, cause?: unknown): AuthError {
  return AuthError.transient(`${purpose}: ${problem}`, { code: 'ERR_AUTH_CODEX_WORKLOAD_IDENTITY', cause })
}
