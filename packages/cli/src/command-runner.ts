import type { ResolverOptions } from '@outbound-auth/resolver'
import type { TargetContext } from './target.js'

/** Runs credential commands in the given environment; an interrupt ends them too. */
export function commandRunner(
  env: TargetContext['env'],
  signal: AbortSignal,
): NonNullable<ResolverOptions['runCommand']> {
  return async ({ command, cwd, timeoutMs, refreshIntervalMs }, options) => {
    const { commandToken } = await import('@outbound-auth/core/command')
    const source = commandToken({ command, cwd, timeoutMs, refreshIntervalMs, env })
    // A command runs in a process group of its own, so the terminal's interrupt does not reach it.
    return source({ ...options, signal: AbortSignal.any([options.signal, signal]) })
  }
}
