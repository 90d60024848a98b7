import { isAbsolute } from 'node:path'
import { type AccessToken, AuthError } from '@outbound-auth/core'
import { readBoundedFile, secretLimit } from '@outbound-auth/core/command'
import { callLoginServer } from '../lib/call-login-server.js'

/** The settings of a workload identity, from the environment. */
export interface WorkloadIdentity {
  readonly ruleId: string
  /** Absolute path of the file with the workload's own token. */
  readonly tokenFile: string
  /** Opaque and secret; sent unchanged. */
  readonly context: string | undefined
}

/** The token of an exchange. */
export interface WorkloadToken extends AccessToken {
  readonly accountId: string
  /** The ids of the user and of the user's membership in the account; both must stay the same. */
  readonly userId: string
}

const purpose = 'Cannot exchange the workload identity'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
const maxAssertionBytes = 16_384
const rule = 'OPENAI_FEDERATION_RULE_ID'
const file = 'OPENAI_IDENTITY_TOKEN_FILE'
const source = 'OPENAI_IDENTITY_TOKEN_SOURCE'
const spiffeSettings = ['OPENAI_SPIFFE_AUDIENCE', 'OPENAI_SPIFFE_ID']
const build = (problem: string) =>
  AuthError.build(`${purpose}: ${problem}`, { code: 'ERR_AUTH_CODEX_WORKLOAD_IDENTITY' })

/**
 * The workload identity of the environment; undefined if none of its variables is set. A variable that is set, even to
 * whitespace, asks for a workload identity and excludes every other login, as in Codex.
 *
 * @throws AuthError `ERR_AUTH_CODEX_WORKLOAD_IDENTITY` (build) when the settings are incomplete, contradict each other,
 * or ask for SPIFFE
 */
export function readWorkloadIdentity(
  env: Readonly<Record<string, string | undefined>>,
): WorkloadIdentity | undefined {
  const variable = (name: string) => (Object.hasOwn(env, name) ? env[name] : undefined)
  const asking = [rule, file, source, ...spiffeSettings].find((name) => variable(name) !== undefined)
  if (asking === undefined) return undefined
  const ruleId = variable(rule)
  const tokenFile = variable(file)
  if (ruleId === undefined) {
    throw build(
      `workload identity requires ${rule} and ${file}; set them, or unset ${asking}, which asks for workload identity`,
    )
  }
  if (ruleId.trim() === '') throw build(`${rule} is blank; set it to the id of the federation rule`)
  checkSource(variable)
  if (tokenFile === undefined) throw build(`workload identity requires ${file}`)
  if (!isAbsolute(tokenFile)) throw build(`${file} must be an absolute path`)
  return { ruleId: ruleId.trim(), tokenFile, context: variable('OPENAI_WORKLOAD_IDENTITY_CONTEXT') }
}

function checkSource(variable: (name: string) => string | undefined): void {
  const kind = variable(source) ?? 'file'
  if (kind !== 'file' && kind !== 'spiffe') throw build(`${source} must be file or spiffe`)
  const setting = spiffeSettings.find((name) => variable(name) !== undefined)
  if (kind === 'file') {
    if (setting === undefined) return
    throw build(`${setting} is for SPIFFE, which is not supported; unset it, and take the token from ${file}`)
  }
  if (variable(file) !== undefined)
    throw build(`${source} asks for SPIFFE, and ${file} is set; set ${source} to file`)
  throw build(
    `${source} asks for SPIFFE, which is not supported: let a SPIFFE agent write the JWT-SVID to a file, set ${file} to its absolute path and ${source} to file, and unset ${spiffeSettings.join(' and ')}`,
  )
}

/**
 * Exchanges the workload's own token for an access token.
 *
 * @throws AuthError `ERR_AUTH_CODEX_WORKLOAD_IDENTITY`: build, or transient when a later try may succeed
 * @see https://www.rfc-editor.org/rfc/rfc7523
 */
export async function exchangeWorkloadIdentity(
  identity: WorkloadIdentity,
  tokenEndpoint: string,
  fetch: typeof globalThis.fetch | undefined,
  now: () => Date,
  signal?: AbortSignal,
): Promise<WorkloadToken> {
  const assertion = await readAssertion(identity.tokenFile)
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion,
    federation_rule_id: identity.ruleId,
    ...(identity.context !== undefined && { workload_identity_context: identity.context }),
  })
  const { status, ok, json } = await callLoginServer({
    purpose,
    url: tokenEndpoint,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: body.toString(),
    unavailable: 'ERR_AUTH_CODEX_WORKLOAD_IDENTITY',
    timeoutMs: 30_000,
    fetch,
    signal,
  })
  if (status === 408 || status === 429 || status >= 500) {
    throw transient(`its server responded with status ${status}; try again later`)
  }
  if (!ok || !json) {
    throw build(`its server responded with status ${status}; check ${rule} and the token in ${file}`)
  }
  return tokenIn(json, now)
}

/** The workload's own token. */
async function readAssertion(path: string): Promise<string> {
  const read = await readBoundedFile(path, { limit: secretLimit })
  if (read.problem !== undefined) {
    // A later try may find a file; a pipe or a device stays one.
    throw read.code
      ? transient(`the file of ${file} cannot be read`, { code: read.code })
      : build(`the file of ${file} ${read.problem}`)
  }
  let assertion: string
  try {
    assertion = new TextDecoder('utf-8', { fatal: true }).decode(read.bytes).trim()
  } catch {
    throw build(`the file of ${file} is not UTF-8 text`)
  }
  if (assertion !== '' && read.bytes.length <= maxAssertionBytes) return assertion
  throw build(`the file of ${file} is empty or longer than ${maxAssertionBytes} bytes`)
}

/** @throws AuthError `ERR_AUTH_CODEX_WORKLOAD_IDENTITY` (build) for a response that Codex rejects too */
function tokenIn(json: Readonly<Record<string, unknown>>, now: () => Date): WorkloadToken {
  const text = (name: string) => {
    const value = json[name]
    if (typeof value === 'string' && value.trim() !== '') return value
    throw build(`the response has no ${name}`)
  }
  const token = text('access_token')
  if (/\s/.test(token)) throw build('the response has an access_token with whitespace inside')
  if (text('token_type').toLowerCase() !== 'bearer') {
    throw build('the response has a token_type other than Bearer')
  }
  const seconds = json['expires_in']
  if (!Number.isInteger(seconds) || !(Number(seconds) >= 1 && Number(seconds) <= 3600)) {
    throw build('the response has an expires_in that is not 1 to 3600')
  }
  if (text('issued_token_type') !== accessTokenType) {
    throw build(`the response has an issued_token_type other than ${accessTokenType}`)
  }
  text('scope')
  const { chatgpt_plan_type: plan = null } = json
  if (plan !== null) text('chatgpt_plan_type')
  return {
    token,
    expiresAt: new Date(now().getTime() + Number(seconds) * 1000),
    accountId: text('chatgpt_account_id'),
    userId: `${text('user_id')} ${text('chatgpt_account_user_id')}`,
  }
}

function transient(problem: string, cause?: unknown): AuthError {
  return AuthError.transient(`${purpose}: ${problem}`, { code: 'ERR_AUTH_CODEX_WORKLOAD_IDENTITY', cause })
}
