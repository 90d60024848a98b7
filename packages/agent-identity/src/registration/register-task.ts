import type { AuthObserver } from '@outbound-auth/core'
import { checkOptions, notify } from '@outbound-auth/core/provider'
import { toTimestamp } from '../assertion/assertion-envelope.js'
import { type AgentKey, openAgentKey } from '../key/agent-key.js'
import { buildError, kind } from '../lib/agent-error.js'
import { type AgentIdCharacters, checkAgentId } from '../lib/agent-id.js'
import { type AuthorityAccess, askAuthority } from './authority-request.js'
import { authorityUrl } from './authority-url.js'
import { openSealedTaskId } from './open-sealed-task-id.js'

/** Options of {@link registerTask}. */
export interface RegisterTaskOptions extends AuthorityAccess {
  /** The authority: `https://auth.openai.com/api/accounts`. */
  readonly baseUrl: string
  readonly agentRuntimeId: string
  /** Base64 of PKCS#8, or a parsed key. */
  readonly privateKey: string | AgentKey
  /** @default 'unreserved' */
  readonly idCharacters?: AgentIdCharacters | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  readonly observer?: AuthObserver | undefined
}

const optionNames = [
  'baseUrl',
  'agentRuntimeId',
  'privateKey',
  'idCharacters',
  'now',
  'observer',
  'fetch',
  'signal',
]

/**
 * Registers a run task of an agent and returns its id. The request is authenticated by a signature alone.
 *
 * There are at most 3 attempts, of 30 s each, each with a new signature; only 408, 429, 5xx, time-outs and connection
 * failures are tried again. To share one task among processes, use {@link ensureRunTask}.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_REGISTRATION_UNAVAILABLE`, `ERR_AUTH_TIMEOUT` (transient);
 * `ERR_AUTH_REGISTRATION_REFUSED`, `ERR_AUTH_REGISTRATION_RESPONSE`, `ERR_AUTH_AGENT_DELETED`, `ERR_AUTH_SEALED_TASK`,
 * `ERR_AUTH_REDIRECT`, `ERR_AUTH_AGENT_ID`, `ERR_AUTH_AGENT_KEY`, `ERR_AUTH_AGENT_KEY_MISMATCH`,
 * `ERR_AUTH_INSECURE_TRANSPORT` (build)
 */
export async function registerTask(options: RegisterTaskOptions): Promise<string> {
  const { baseUrl, privateKey, idCharacters, now, observer, fetch, signal } = checkOptions(
    'registerTask',
    options,
    optionNames,
  )
  const agentId = checkAgentId('agentRuntimeId', options.agentRuntimeId, idCharacters)
  const url = authorityUrl(
    'registerTask: baseUrl',
    baseUrl,
    `/v1/agent/${encodeURIComponent(agentId)}/task/register`,
  )
  const key = typeof privateKey === 'string' ? await openAgentKey(privateKey) : privateKey
  const sign = async () => {
    const timestamp = toTimestamp(now?.().getTime() ?? Date.now())
    return { timestamp, signature: await key.sign(`${agentId}:${timestamp}`) }
  }
  const answer = await askAuthority({
    task: 'register the task',
    subject: 'REGISTRATION',
    url,
    method: 'POST',
    body: sign,
    timeoutMs: 30_000,
    attempts: 3,
    fetch,
    signal,
  })
  const taskId = checkAgentId(
    'the task that the authority registered',
    await taskIdIn(answer, key),
    idCharacters,
  )
  notify(observer, { type: 'registered', kind, agentId, taskId })
  return taskId
}

async function taskIdIn(answer: Readonly<Record<string, unknown>>, key: AgentKey): Promise<string> {
  const first = (...names: readonly string[]) =>
    names.map((name) => answer[name]).find((value) => typeof value === 'string')
  const plain = first('task_id', 'taskId')
  if (plain !== undefined) return plain
  const sealed = first('encrypted_task_id', 'encryptedTaskId')
  if (sealed !== undefined) return openSealedTaskId(sealed, key)
  throw buildError('Cannot register the task: the authority gave no id', 'ERR_AUTH_REGISTRATION_RESPONSE')
}
