import type { AccessToken, SourceOptions } from '@outbound-auth/core'
import type { CommandReference } from '@outbound-auth/resolver'
import type { CommandMessages } from '../context/command-messages.js'
import type { TargetContext } from './target.js'

type Variables = TargetContext['env']

/** Runs credential commands, by default in the environment `env`. An interrupt ends them too. */
export function commandRunner(
  env: Variables,
  signal: AbortSignal,
  messages: CommandMessages,
): (
  reference: CommandReference,
  options: SourceOptions & { readonly env?: Variables },
) => Promise<AccessToken | string> {
  return async ({ command, cwd, timeoutMs, refreshIntervalMs }, { env: variables = env, ...options }) => {
    const { commandLabel, commandToken } = await import('@outbound-auth/core/command')
    const source = commandToken({ command, cwd, timeoutMs, refreshIntervalMs, env: variables })
    // A command runs in another process group, so the terminal's interrupt does not reach it.
    const running = Promise.resolve(source({ ...options, signal: AbortSignal.any([options.signal, signal]) }))
    return messages.whileWaiting(`for the command ${commandLabel(command)}`, running)
  }
}
