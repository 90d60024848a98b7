import { type AccessToken, AuthError, type SourceOptions, type TokenSource } from '@outbound-auth/core'
import { commandToken } from '@outbound-auth/core/command'
import type { CommandReference } from '@outbound-auth/resolver'
import type { CodexResolverOptions } from '../login/codex-options.js'
import { type DefinedCommand, type DefinitionPlaces, wireText } from './provider-definition.js'

type Variables = DefinitionPlaces['env']

/** @internal Runs credential commands in the environment of a home. */
export interface CommandRunner {
  run(reference: CommandReference, options: SourceOptions): Promise<AccessToken | string>
  /** The token source of a command with additional variables; the same source each time. */
  readonly tokenWith: DefinitionPlaces['tokenWith']
}

/** @internal @param given the application's own way to run a command */
export function commandRunner(env: Variables, given: CodexResolverOptions['runCommand']): CommandRunner {
  const sources = new Map<string, TokenSource>()

  async function runIn(variables: Variables, reference: CommandReference, options: SourceOptions) {
    const printed = given
      ? await given(reference, { ...options, env: variables })
      : await commandToken({ ...reference, env: variables })(options)
    return typeof printed === 'string' ? wireText(printed) : { ...printed, token: wireText(printed.token) }
  }

  return {
    run: (reference, options) => runIn(env, reference, options),
    tokenWith({ remedy, ...command }: DefinedCommand, variables) {
      // The resolver treats two functions as two definitions.
      const key = JSON.stringify([command, variables])
      const { refreshIntervalMs = 300_000, timeoutMs = 5000 } = command
      const source =
        sources.get(key) ??
        Object.assign(
          (options: SourceOptions) =>
            runIn({ ...env, ...variables }, command, options).catch((error: unknown) => {
              throw withRemedy(error, remedy)
            }),
          // The limit of the run is shorter than this limit, because its error says more.
          { refreshIntervalMs, timeoutMs: timeoutMs + 1000 },
        )
      sources.set(key, source)
      return source
    },
  }
}

function withRemedy(error: unknown, remedy: string | undefined): unknown {
  if (!AuthError.is(error) || remedy === undefined) return error
  const { kind, message, code, provider, cause } = error
  return new AuthError(kind, `${message}; ${remedy}`, { code, provider, cause })
}
