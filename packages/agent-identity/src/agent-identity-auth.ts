import {
  type AgentIdentityTelemetry,
  type ApplyAuthOptions,
  type AuthError,
  type AuthObserver,
  type AuthProvider,
  type CachedCredential,
  cachedCredential,
  type HeaderMap,
  type TokenSource,
} from '@outbound-auth/core'
import { checkHeaderValue, checkOptions, optionError } from '@outbound-auth/core/provider'
import { assertionMinter } from './assertion/assertion-minter.js'
import type { AgentKey } from './key/agent-key.js'
import { type KeyHolder, keyHolder } from './key/key-holder.js'
import { kind, runTaskMissingError } from './lib/agent-error.js'
import { type AgentIdCharacters, checkAgentId } from './lib/agent-id.js'
import { authorityUrl } from './registration/authority-url.js'
import type { TaskRegistration } from './registration/task-registration.js'

/** Options of {@link agentIdentityAuth}. */
export interface AgentIdentityAuthOptions {
  readonly agentRuntimeId: string
  /** Base64 of PKCS#8, a function that gets it, or a parsed key. It is never sent. */
  readonly privateKey: string | TokenSource | AgentKey
  /** The run task, shared by all requests. @default the one in the store of `registration` */
  readonly taskId?: string | undefined
  /** Sent as `ChatGPT-Account-ID`. */
  readonly accountId?: string | undefined
  /** Sends `X-OpenAI-Fedramp: true`. @default false */
  readonly fedramp?: boolean | undefined
  /** Replaces a rejected task. @default the rejection goes to the caller */
  readonly registration?: TaskRegistration | undefined
  /** The characters that ids may have, because ids are signed. @default 'unreserved' */
  readonly idCharacters?: AgentIdCharacters | undefined
  /**
   * Corrects this machine's clock by the `Date` of a 401, by at most a day, and sends the request once more.
   *
   * @default false
   */
  readonly correctClockSkew?: boolean | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  /**
   * Gets the promise of a renewal in the background, so that the runtime waits for it: `waitUntil` of
   * `cloudflare:workers` or of `@vercel/functions`.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  readonly observer?: AuthObserver | undefined
}

/** The provider that {@link agentIdentityAuth} returns. */
export interface AgentIdentityAuth extends AuthProvider {
  readonly kind: 'agent-identity'
  /** The agent and its present task; undefined until a task in a store has been read. */
  readonly agentIdentity: AgentIdentityTelemetry | undefined
}

const optionNames = [
  'agentRuntimeId',
  'privateKey',
  'taskId',
  'accountId',
  'fedramp',
  'registration',
  'idCharacters',
  'correctClockSkew',
  'now',
  'waitUntil',
  'observer',
]
const registrationNames = ['baseUrl', 'store', 'fetch']
/** Time for three attempts of registration, and the pauses between them. */
const registrationMs = 120_000

/**
 * Authenticates as a registered agent: `Authorization: AgentAssertion …`, an Ed25519 signature of agent, task and
 * second.
 *
 * The assertion binds neither URL nor body: anyone who reads it can use it for some minutes, so send it only to trusted
 * origins. Within one second all requests have the same assertion. In a runtime without `node:crypto`, only `applyAuth`
 * signs, and `addAuthHeaders` adds the assertion of this second or nothing.
 *
 * After a 401 whose JSON code says that the task is dead, one new task is registered for any number of requests, and
 * each request is sent once more. If the new task is rejected too, no other task is registered for 5 s, doubling to 60
 * s.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError at once or from a request: `ERR_AUTH_AGENT_ID`, `ERR_AUTH_AGENT_KEY`,
 * `ERR_AUTH_AGENT_KEY_MISMATCH`, `ERR_AUTH_HEADER_VALUE`, `ERR_AUTH_INSECURE_TRANSPORT`; from a request:
 * `ERR_AUTH_RUN_TASK_MISSING`, `ERR_AUTH_AGENT_RECORD`, `ERR_AUTH_AGENT_DELETED` (all build), and the codes of {@link
 * registerTask}
 * @example
 * const auth = agentIdentityAuth({ agentRuntimeId, privateKey, taskId, accountId })
 */
export function agentIdentityAuth(options: AgentIdentityAuthOptions): AgentIdentityAuth {
  const { agent, privateKey, taskId, accountId, fedramp, now, waitUntil, observer } = readOptions(options)
  const key = keyHolder(privateKey, { now, waitUntil, observer })
  /** The milliseconds that this machine's clock is behind the server's. */
  let offsetMs = 0
  const localMs = () => now?.().getTime() ?? Date.now()
  const nowMs = () => localMs() + offsetMs
  const minter = assertionMinter(agent.agentRuntimeId, nowMs)
  /** Why every later request of this agent will be rejected. */
  let end: AuthError | undefined
  const tasks = runTaskCache(agent, taskId, { key, nowMs, now, waitUntil, observer })
  /** Why nothing can be sent, as far as is known without a call. */
  const problem = () => end ?? tasks.problem()

  function add(headers: HeaderMap, assertion: string): void {
    headers.set('authorization', assertion)
    if (accountId !== undefined) headers.set('chatgpt-account-id', accountId)
    if (fedramp) headers.set('x-openai-fedramp', 'true')
  }

  async function mint(applyOptions: ApplyAuthOptions | undefined): Promise<string> {
    const task = tasks.current() ?? (await tasks.get(applyOptions))
    // get() renews the key of a function before it expires, which peek() does not.
    const held = await key.get(applyOptions)
    return minter.mintNow(held, task) ?? minter.mint(held, task, applyOptions?.signal)
  }

  return {
    kind,
    headerNames: ['authorization', 'chatgpt-account-id', 'x-openai-fedramp'],
    recoverStatuses: [401, 403, 404, 410],
    get agentIdentity() {
      const id = tasks.current()
      return id === undefined ? undefined : { agentId: agent.agentRuntimeId, taskId: id }
    },
    isReady: () => problem() === undefined,
    addAuthHeaders(headers) {
      const error = problem()
      if (error) throw error
      const [task, held] = [tasks.current(), key.peek()]
      const assertion = task !== undefined && held ? minter.mintNow(held, task) : undefined
      if (assertion !== undefined) add(headers, assertion)
    },
    async applyAuth(request, applyOptions) {
      if (end) throw end
      add(request.headers, await mint(applyOptions))
      return request
    },
    async recover(rejection, applyOptions) {
      const { readRejection } = await recovery()
      const meaning = await readRejection(rejection, agent, localMs())
      end ??= meaning.end
      if (end) throw end
      offsetMs = meaning.offsetMs ?? offsetMs
      return meaning.deadTaskId === undefined
        ? meaning.offsetMs !== undefined
        : tasks.recover(meaning.deadTaskId, rejection.attempt, applyOptions)
    },
  }
}

type ReadOptions = ReturnType<typeof readOptions>

/** @throws TypeError, AuthError (build) when an option is malformed */
function readOptions(options: AgentIdentityAuthOptions) {
  const checked = checkOptions('agentIdentityAuth', options, optionNames)
  const { privateKey, taskId, accountId, fedramp, idCharacters, now, waitUntil, observer, ...rest } = checked
  const agentRuntimeId = checkAgentId('agentRuntimeId', rest.agentRuntimeId, idCharacters)
  if (taskId !== undefined) checkAgentId('taskId', taskId, idCharacters)
  if (accountId === '') throw optionError('agentIdentityAuth: accountId is empty. Leave it out', 'accountId')
  if (accountId !== undefined) checkHeaderValue('ChatGPT-Account-ID', accountId, kind)
  const registration =
    rest.registration && checkOptions('agentIdentityAuth: registration', rest.registration, registrationNames)
  if (registration) authorityUrl('agentIdentityAuth: registration.baseUrl', registration.baseUrl, '')
  const agent = { ...rest, agentRuntimeId, registration, idCharacters }
  return { agent, privateKey, taskId, accountId, fedramp, now, waitUntil, observer }
}

interface RunTaskCache extends Pick<CachedCredential<string>, 'get' | 'recover'> {
  /** The present task; undefined before a task in a store has been read. */
  current(): string | undefined
  /** Why there is no task, as far as is known without a call. */
  problem(): AuthError | undefined
}

interface RunTaskOptions extends Pick<ReadOptions, 'now' | 'waitUntil' | 'observer'> {
  readonly key: KeyHolder
  readonly nowMs: () => number
}

function runTaskCache(
  agent: ReadOptions['agent'],
  taskId: string | undefined,
  { key, nowMs, now, waitUntil, observer }: RunTaskOptions,
): RunTaskCache {
  const { registration } = agent
  /** Why there is no task: none was given, and the store, if there is one, had none when it was last read. */
  let noTask = taskId === undefined && !registration?.store ? runTaskMissingError() : undefined
  const cache = cachedCredential<string>({
    kind,
    // A task is valid until it is rejected.
    refreshIntervalMs: 0,
    timeoutMs: registrationMs,
    now,
    waitUntil,
    observer,
    async source({ rejected, signal }) {
      const { readRunTask, replaceRunTask } = await recovery()
      const read = () =>
        readRunTask(agent).catch((error: AuthError) => {
          if (!error.retryable) noTask = error
          throw error
        })
      const replace = async (rejectedId: string) =>
        replaceRunTask(agent, rejectedId, {
          privateKey: await key.get({ signal }),
          now: () => new Date(nowMs()),
          observer,
          signal,
        })
      const id = await (rejected === undefined ? read() : replace(rejected))
      noTask = undefined
      return { value: id, id }
    },
  })
  const current = () => cache.peek() ?? taskId
  return {
    current,
    problem: () => (current() === undefined ? noTask : undefined),
    get: cache.get,
    recover: cache.recover,
  }
}

/** The recovery is loaded at the first rejection, because most agents are never rejected. */
function recovery(): Promise<typeof import('./registration/task-recovery.js')> {
  return import('./registration/task-recovery.js')
}
