import { checkOptions, optionError } from '@outbound-auth/core/provider'
import { verifySignature } from '#ed25519'
import { buildError } from '../lib/agent-error.js'
import { type AgentIdCharacters, checkAgentId } from '../lib/agent-id.js'
import { decodeBase64 } from '../lib/base64.js'
import { type Assertion, signedText } from './assertion-envelope.js'
import { decodeAssertion } from './decode-assertion.js'

/** Options of {@link verifyAgentAssertion}. */
export interface VerifyAgentAssertionOptions {
  /**
   * The agent's public key: `ssh-ed25519 AAAA…` or 32 bytes; or a function that finds the key, and returns undefined
   * for an unknown agent.
   */
  readonly publicKey:
    | string
    | Uint8Array<ArrayBuffer>
    | ((agentRuntimeId: string) => AgentPublicKey | Promise<AgentPublicKey>)
  /** The expected agent. @default any agent whose key is found */
  readonly agentRuntimeId?: string | undefined
  /** The expected task. @default any task: check `taskId` of the result */
  readonly taskId?: string | undefined
  /**
   * The largest distance of the assertion's time to the present, in the past and in the future, in milliseconds.
   *
   * @default 300000
   */
  readonly maxSkewMs?: number | undefined
  /** @default 'unreserved' */
  readonly idCharacters?: AgentIdCharacters | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
}

/** The result of a function that finds public keys. */
export type AgentPublicKey = string | Uint8Array<ArrayBuffer> | undefined

/** The agent that signed a request, its task, and the time. */
export interface VerifiedAgent {
  readonly agentRuntimeId: string
  readonly taskId: string
  /** The second of the signature. */
  readonly signedAt: Date
}

const optionNames = ['publicKey', 'agentRuntimeId', 'taskId', 'maxSkewMs', 'idCharacters', 'now']

/**
 * Verifies the `Authorization` of an agent's request, for servers, gateways and tests.
 *
 * An assertion binds neither URL nor body, and anyone who reads it can use it again within the window. Keep the window
 * small, and check that the task is valid. Only the exact form that agents send is accepted.
 *
 * @throws AuthError (build) `ERR_AUTH_ASSERTION_MALFORMED`, `ERR_AUTH_ASSERTION_AGENT`, `ERR_AUTH_ASSERTION_TASK`,
 * `ERR_AUTH_ASSERTION_WINDOW`, `ERR_AUTH_ASSERTION_SIGNATURE`; respond to all of them with the same 401
 * @throws TypeError when an option is malformed
 */
export async function verifyAgentAssertion(
  header: string | null | undefined,
  options: VerifyAgentAssertionOptions,
): Promise<VerifiedAgent> {
  const {
    publicKey,
    agentRuntimeId,
    taskId,
    maxSkewMs = 300_000,
    idCharacters,
    now,
  } = checkOptions('verifyAgentAssertion', options, optionNames)
  const assertion = decodeAssertion(header ?? null)
  if (!assertion) throw refusal('MALFORMED', 'it has not the form of one')
  const signature = decodeBase64(assertion.signature)
  const signedAt = parseTimestamp(assertion.timestamp)
  if (signature?.length !== 64 || !signedAt || !hasIds(assertion, idCharacters)) {
    throw refusal('MALFORMED', 'its ids, time or signature have not the form of one')
  }
  if (agentRuntimeId !== undefined && !isSameText(agentRuntimeId, assertion.agentRuntimeId)) {
    throw refusal('AGENT', 'it is of another agent')
  }
  if (taskId !== undefined && !isSameText(taskId, assertion.taskId))
    throw refusal('TASK', 'it is for another task')
  const nowMs = now?.().getTime() ?? Date.now()
  if (!(Math.abs(nowMs - signedAt.getTime()) <= maxSkewMs))
    throw refusal('WINDOW', 'its time is outside the window')
  const found = typeof publicKey === 'function' ? await publicKey(assertion.agentRuntimeId) : publicKey
  if (found === undefined) throw refusal('AGENT', 'its agent is unknown')
  const text = new TextEncoder().encode(signedText(assertion))
  if (!(await verifySignature(readPublicKey(found), text, signature)))
    throw refusal('SIGNATURE', 'its signature is not by this agent')
  return { agentRuntimeId: assertion.agentRuntimeId, taskId: assertion.taskId, signedAt }
}

function refusal(what: string, why: string): Error {
  return buildError(`The agent assertion is rejected: ${why}`, `ERR_AUTH_ASSERTION_${what}`)
}

function hasIds({ agentRuntimeId, taskId }: Assertion, characters: AgentIdCharacters | undefined): boolean {
  try {
    checkAgentId('agent_runtime_id', agentRuntimeId, characters)
    checkAgentId('task_id', taskId, characters)
    return true
  } catch (error) {
    if (error instanceof TypeError) throw error
    return false
  }
}

function parseTimestamp(text: string): Date | undefined {
  const date = new Date(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) ? text : Number.NaN)
  // The 31st of February would become a day of March.
  return Number.isNaN(date.getTime()) || `${date.toISOString().slice(0, 19)}Z` !== text ? undefined : date
}

function readPublicKey(key: string | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const bytes = typeof key === 'string' ? readSshKey(key) : key
  if (bytes?.length === 32) return bytes
  throw optionError(
    'verifyAgentAssertion: publicKey must be 32 bytes, or a line that begins with ssh-ed25519',
    'publicKey',
  )
}

function readSshKey(text: string): Uint8Array<ArrayBuffer> | undefined {
  const [, encoded = ''] = /^ssh-ed25519 (\S+)( .*)?$/.exec(text.trim()) ?? []
  const bytes = decodeBase64(encoded)
  const head = bytes && String.fromCharCode(...bytes.subarray(0, 19))
  return head === '\0\0\0\x0bssh-ed25519\0\0\0 ' ? bytes?.slice(19) : undefined
}

/** Compares in constant time, so that the duration does not reveal a matching part. */
function isSameText(expected: string, seen: string): boolean {
  let difference = expected.length ^ seen.length
  for (let index = 0; index < expected.length; index++) {
    difference |= expected.charCodeAt(index) ^ (seen.charCodeAt(index) || 0)
  }
  return difference === 0
}
