import type { CommandContext } from '../context/command.js'
import { knownPresets } from './known-presets.js'
import type { ConfigRequest } from './load-config.js'

/**
 * The file that a command line asks for. With `--provider` and the name of a preset, a found file has no say: it cannot
 * shadow a preset, so one that is not trusted need not be.
 *
 * @param isDescribed the caller only describes the decision, so a file that is not trusted may be read
 */
export function configRequest(
  { args, cwd, env }: Pick<CommandContext, 'args' | 'cwd' | 'env'>,
  isDescribed = false,
): ConfigRequest {
  const { config: named, provider } = args
  const isPreset = provider !== undefined && knownPresets().some(({ name }) => name === provider)
  const forOthers = isDescribed ? 'describe' : 'reject'
  return { named, cwd, env, ifUntrusted: isPreset && named === undefined ? 'ignore' : forOthers }
}
