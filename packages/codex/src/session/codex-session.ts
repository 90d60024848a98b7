import { agentIdentityAuth } from '@outbound-auth/agent-identity'
import { type AuthResolver, type AuthSelection, createResolver, selectAuth } from '@outbound-auth/resolver'
import { agentBootstrapper } from '../agent/agent-bootstrapper.js'
import { agentStore } from '../agent/stored-agent.js'
import { accountBearerAuth, codexBearerAuth } from '../chatgpt/account-bearer-auth.js'
import { chatgptAuth } from '../chatgpt/chatgpt-auth.js'
import { readHomeEnvironment } from '../lib/home-environment.js'
import type { CodexResolverOptions } from '../login/codex-options.js'
import { hostHeadersAuth } from '../login/host-headers-auth.js'
import { awsRenewalAuth } from '../provider/aws-renewal-auth.js'
import { commandRunner } from '../provider/command-runner.js'
import { gatewayAuth } from '../provider/gateway-auth.js'
import { agentSelection } from './agent-selection.js'
import type { CodexContext, CodexPlan } from './codex-plan.js'

/** @internal A session: the environment of its home, and the state that its requests share. */
export interface CodexSession {
  readonly context: CodexContext
  readonly resolver: Pick<AuthResolver<never>, 'resolveUnknown'>
  /** Calls the servers that the chosen login needs, and decides again with their responses. */
  complete(planned: CodexPlan): Promise<AuthSelection>
}

type CompleteDefinition = Awaited<ReturnType<NonNullable<NonNullable<CodexPlan['opened']>['complete']>>>

/** @internal The options of a session, before anything of the home is read. */
export interface SessionOptions extends Omit<CodexContext, 'awsEnv' | 'tokenWith' | 'warnings'> {
  readonly runCommand: CodexResolverOptions['runCommand']
}

/**
 * @internal Reads the `.env` of the home, once, as Codex does at its start.
 *
 * @throws AuthError `ERR_AUTH_CODEX_CONFIG` (build)
 */
export async function openSession(options: SessionOptions): Promise<CodexSession> {
  const { env, awsEnv, warnings } = await readHomeEnvironment(options.home, options.env)
  const { run, tokenWith } = commandRunner(env, options.runCommand)
  const context: CodexContext = { ...options, env, awsEnv, tokenWith, warnings }
  const { aws, observer, now = () => new Date(), agentCooldownMs = 3_600_000 } = context
  const factories = {
    bearer: codexBearerAuth,
    'account-bearer': accountBearerAuth,
    chatgpt: chatgptAuth,
    gateway: gatewayAuth,
    'host-headers': hostHeadersAuth,
    'agent-identity': agentIdentityAuth,
    ...(aws && { sigv4: awsRenewalAuth(aws.sigV4Auth) }),
  }
  const resolver = createResolver(factories, {
    env,
    runCommand: run,
    ...(aws && {
      awsCredentials: ({ profile }) => aws.awsCredentials({ profile, env: awsEnv, order: 'keys-first' }),
    }),
    ...(observer && { observer }),
  })
  const agents = agentBootstrapper(agentCooldownMs, now)
  const keptAgents = agentStore(context.store)
  /** The last completed login. Registration, key set and account are fetched once. */
  let completed: { readonly login: string; readonly definition: Promise<CompleteDefinition> } | undefined

  return {
    context,
    resolver,
    async complete(planned) {
      const { opened, found, definition, scope, selection, access } = planned
      if (!opened) return selection
      const { login } = opened
      if (login.type === 'chatgpt' && selection.definition['kind'] === 'agent-identity') {
        return agentSelection(planned, { agents, store: keptAgents, resolver })
      }
      if (!opened.complete) return selection
      const { forcedWorkspaceIds } = access.config
      const key = JSON.stringify([found?.mode, found?.document, found?.workload, forcedWorkspaceIds])
      if (completed?.login !== key) {
        const current = { login: key, definition: opened.complete() }
        completed = current
        current.definition.catch(() => {
          if (completed === current) completed = undefined
        })
      }
      return selectAuth(definition, { ...login, definition: await completed.definition }, scope)
    },
  }
}
