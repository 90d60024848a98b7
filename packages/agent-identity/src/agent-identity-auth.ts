import {
  type AgentIdentityTelemetry,
  type ApplyAuthOptions,
  type AuthError,
  type AuthObserver,
  type AuthProvider,
  cachedCredential,
  type HeaderMap,
  type TokenSource,
} from '@outbound-auth/core'
import { checkHeaderValue, checkOptions, optionError } from '@outbound-auth/core/provider'
import { assertionMinter } from './assertion/assertion-minter.js'
import type { AgentKey } from './key/agent-key.js'
import { keyHolder } from './key/key-holder.js'
import { kind, runTaskMissing } from './lib/agent-error.js'
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
  /** Replaces a task that a server has refused. @default the refusal goes to the caller */
  readonly registration?: TaskRegistration | undefined
  /** Which characters the ids may have; they are signed, so any will not do. @default 'unreserved' */
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
   * Is called with the promise of a renewal that begins in the background, so that the runtime lets it end: `waitUntil`
   * of `cloudflare:workers` or of `@vercel/functions`.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  readonly observer?: AuthObserver | undefined
}

/** What {@link agentIdentityAuth} makes. */
export interface AgentIdentityAuth extends AuthProvider {
  readonly kind: 'agent-identity'
  /** The agent and its task of this moment; undefined until a task in a store has been read. */
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
/** Three attempts of registration, and the pauses between them. */
const registrationMs = 120_000

/**
 * Authenticates as a registered agent: `Authorization: AgentAssertion …`, an Ed25519 signature of agent, task and
 * second.
 *
 * The assertion binds neither URL nor body: whoever reads it may use it for some minutes, so mind where it goes. Within
 * one second all requests carry the same one. Where the runtime has no `node:crypto`, only `applyAuth` signs, and
 * `addAuthHeaders` adds this second's assertion or nothing.
 *
 * A 401 whose JSON code says that the task is dead leads to one new task, for any number of requests, and one more
 * send. When that one is rejected too, no other is registered for 5 s, doubling to 60 s.
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
  const { privateKey, taskId, accountId, fedramp, idCharacters, now, waitUntil, observer, ...rest } =
    checkOptions('agentIdentityAuth', options, optionNames)
  const agentRuntimeId = checkAgentId('agentRuntimeId', rest.agentRuntimeId, idCharacters)
  if (taskId !== undefined) checkAgentId('taskId', taskId, idCharacters)
  if (accountId === '') throw optionError('agentIdentityAuth: accountId is empty. Leave it out', 'accountId')
  if (accountId !== undefined) checkHeaderValue('ChatGPT-Account-ID', accountId, kind)
  const registration =
    rest.registration && checkOptions('agentIdentityAuth: registration', rest.registration, registrationNames)
  if (registration) authorityUrl('agentIdentityAuth: registration.baseUrl', registration.baseUrl, '')
  const agent = { ...rest, agentRuntimeId, registration, idCharacters }

  const key = keyHolder(privateKey, { now, waitUntil, observer })
  /** What this clock lacks to be that of the server. */
  let offsetMs = 0
  const localMs = () => now?.().getTime() ?? Date.now()
  const nowMs = () => localMs() + offsetMs
  const minter = assertionMinter(agentRuntimeId, nowMs)
  /** Why this agent will never be accepted again. */
  let end: AuthError | undefined
  /** Why it cannot sign: it has no task, and its store, if there is one, had none when it was read last. */
  let noTask = taskId === undefined && !registration?.store ? runTaskMissing() : undefined

  const tasks = cachedCredential<string>({
    kind,
    // A task lives until it is refused.
    refreshIntervalMs: 0,
    timeoutMs: registrationMs,
    now,
    waitUntil,
    observer,
    async source({ rejected, signal }) {
      const { readRunTask, replaceRunTask } = await recovery()
      const id =
        rejected === undefined
          ? await readRunTask(agent).catch((error: AuthError) => {
              if (!error.retryable) noTask = error
              throw error
            })
          : await replaceRunTask(agent, rejected, {
              privateKey: await key.get({ signal }),
              now: () => new Date(nowMs()),
              observer,
              signal,
            })
      noTask = undefined
      return { value: id, id }
    },
  })

  const currentTask = () => tasks.peek() ?? taskId
  /** Why nothing can be sent, as far as is known without asking anybody. */
  const problem = () => end ?? (currentTask() === undefined ? noTask : undefined)

  function add(headers: HeaderMap, assertion: string): void {
    headers.set('authorization', assertion)
    if (accountId !== undefined) headers.set('chatgpt-account-id', accountId)
    if (fedramp) headers.set('x-openai-fedramp', 'true')
  }

  function assertNow(): string | undefined {
    if (end) throw end
    const task = currentTask()
    const held = key.peek()
    return task !== undefined && held ? minter.mintNow(held, task) : undefined
  }

  async function assertSoon(applyOptions: ApplyAuthOptions | undefined): Promise<string> {
    if (end) throw end
    const task = currentTask() ?? (await tasks.get(applyOptions))
    // Not only a look at the key: this is what renews the key of a function before its end.
    const held = await key.get(applyOptions)
    return minter.mintNow(held, task) ?? minter.mint(held, task, applyOptions?.signal)
  }

  return {
    kind,
    headerNames: ['authorization', 'chatgpt-account-id', 'x-openai-fedramp'],
    recoverStatuses: [401, 403, 404, 410],
    get agentIdentity() {
      const task = currentTask()
      return task === undefined ? undefined : { agentId: agentRuntimeId, taskId: task }
    },
    isReady: () => problem() === undefined,
    addAuthHeaders(headers) {
      const error = problem()
      if (error) throw error
      const assertion = assertNow()
      if (assertion !== undefined) add(headers, assertion)
    },
    async applyAuth(request, applyOptions) {
      add(request.headers, await assertSoon(applyOptions))
      return request
    },
    async recover(rejection, applyOptions) {
      const { readRefusal } = await recovery()
      const refusal = await readRefusal(rejection, agent, localMs())
      end ??= refusal.end
      if (end) throw end
      offsetMs = refusal.offsetMs ?? offsetMs
      return refusal.deadTaskId === undefined
        ? refusal.offsetMs !== undefined
        : tasks.recover(refusal.deadTaskId, rejection.attempt, applyOptions)
    },
  }
}

/** Most agents are never refused, so what answers a refusal is loaded by the first one. */
function recovery(): Promise<typeof import('./registration/task-recovery.js')> {
  return import('./registration/task-recovery.js')
}
