import type { AuthObserver, DocumentStore } from '@outbound-auth/core'
import { checkOptions, checkToken, notify } from '@outbound-auth/core/provider'
import { type AgentKey, generateAgentKey } from '../key/agent-key.js'
import { buildError, kind } from '../lib/agent-error.js'
import { type AgentIdCharacters, checkAgentId } from '../lib/agent-id.js'
import type { AgentIdentityRecord } from '../lib/agent-identity-record.js'
import { type AuthorityAccess, askAuthority } from './authority-request.js'
import { authorityUrl } from './authority-url.js'

/** The description of an agent for its authority. */
export interface AgentBillOfMaterials {
  /** The version of the program. */
  readonly agentVersion: string
  /** @default 'codex-cli' */
  readonly agentHarnessId?: string | undefined
  /** The place where the program runs, such as `cli-linux`. */
  readonly runningLocation: string
}

/** The account that an agent works for. */
export interface AgentAccount {
  readonly accountId: string
  readonly userId: string
  readonly email?: string | undefined
  readonly planType?: string | undefined
  /** @default false */
  readonly fedramp?: boolean | undefined
}

/** Options of {@link registerAgent}. */
export interface RegisterAgentOptions extends AuthorityAccess {
  /** The authority: `https://auth.openai.com/api/accounts`. */
  readonly baseUrl: string
  /** The access token of the account, which is sent to this authority only. */
  readonly accessToken: string
  readonly account: AgentAccount
  readonly billOfMaterials: AgentBillOfMaterials
  /** @default ['responsesapi'] */
  readonly capabilities?: readonly string[] | undefined
  /** @default a new key */
  readonly key?: (AgentKey & { exportPrivateKey(): string }) | undefined
  /**
   * Holds the record. If the store has an agent of this account and user, that agent is returned, and no agent is
   * registered, so processes that share the store have one agent. An agent of another account or user is replaced.
   */
  readonly store?: DocumentStore<AgentIdentityRecord> | undefined
  /** Registers even if the store has an agent of this account and user. @default false */
  readonly replace?: boolean | undefined
  /** @default 'unreserved' */
  readonly idCharacters?: AgentIdCharacters | undefined
  readonly observer?: AuthObserver | undefined
}

const optionNames = [
  'baseUrl',
  'accessToken',
  'account',
  'billOfMaterials',
  'capabilities',
  'key',
  'store',
  'replace',
  'idCharacters',
  'observer',
  'fetch',
  'signal',
]

const accountNames = ['accountId', 'userId', 'email', 'planType', 'fedramp']
const billNames = ['agentVersion', 'agentHarnessId', 'runningLocation']

/**
 * Registers an agent with the access token of an account, and returns its record, which holds the private key.
 *
 * The record is stored before this function returns. Register its task afterwards, so that the agent is not lost if
 * that fails. There are at most 3 attempts, of 15 s each; only 408, 429, 5xx, time-outs and connection failures are
 * tried again.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_REGISTRATION_UNAVAILABLE`, `ERR_AUTH_TIMEOUT` (transient);
 * `ERR_AUTH_REGISTRATION_REFUSED`, `ERR_AUTH_REGISTRATION_RESPONSE`, `ERR_AUTH_REDIRECT`, `ERR_AUTH_AGENT_ID`,
 * `ERR_AUTH_INSECURE_TRANSPORT`, `ERR_AUTH_CREDENTIAL` (build)
 */
export async function registerAgent(options: RegisterAgentOptions): Promise<AgentIdentityRecord> {
  const { store, replace = false, signal, ...rest } = checkOptions('registerAgent', options, optionNames)
  const { accountId, userId } = checkOptions('registerAgent: account', rest.account, accountNames)
  checkOptions('registerAgent: billOfMaterials', rest.billOfMaterials, billNames)
  if (!store) return register(options)
  const stored = await store.update(
    async (current) => {
      const isOurs = current?.account_id === accountId && current.chatgpt_user_id === userId
      return isOurs && !replace ? undefined : register(options)
    },
    { signal },
  )
  if (stored) return stored
  throw buildError('Cannot keep the agent: its store is empty after a write', 'ERR_AUTH_AGENT_RECORD')
}

async function register(options: RegisterAgentOptions): Promise<AgentIdentityRecord> {
  const { baseUrl, accessToken, account, billOfMaterials, observer, fetch, signal, idCharacters } = options
  const { capabilities = ['responsesapi'] } = options
  const { agentVersion, agentHarnessId = 'codex-cli', runningLocation } = billOfMaterials
  const { accountId, userId, email = '', planType = 'unknown', fedramp = false } = account
  const url = authorityUrl('registerAgent: baseUrl', baseUrl, '/v1/agent/register')
  const authorization = `Bearer ${checkToken(accessToken, kind)}`
  const key = options.key ?? (await generateAgentKey())
  const answer = await askAuthority({
    task: 'register the agent',
    subject: 'REGISTRATION',
    url,
    method: 'POST',
    headers: { authorization, ...(fedramp && { 'x-openai-fedramp': 'true' }) },
    body: () => ({
      abom: {
        agent_version: agentVersion,
        agent_harness_id: agentHarnessId,
        running_location: runningLocation,
      },
      agent_public_key: key.sshPublicKey,
      capabilities,
      ttl: null,
    }),
    timeoutMs: 15_000,
    attempts: 3,
    fetch,
    signal,
  })
  const id = answer['agent_runtime_id']
  if (typeof id !== 'string') {
    throw buildError('Cannot register the agent: the authority gave no id', 'ERR_AUTH_REGISTRATION_RESPONSE')
  }
  const agentId = checkAgentId('the agent that the authority registered', id, idCharacters)
  notify(observer, { type: 'registered', kind, agentId })
  return {
    agent_runtime_id: agentId,
    agent_private_key: key.exportPrivateKey(),
    account_id: accountId,
    chatgpt_user_id: userId,
    email,
    plan_type: planType,
    chatgpt_account_is_fedramp: fedramp,
  }
}
