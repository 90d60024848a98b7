import type { CommandContext } from '../context/command.js'
import type { ConfigRequest } from './load-config.js'

/**
 * The file that a command line asks for. With `--provider` and the name of a preset, a found file has no say: it cannot
 * shadow a preset, so one that is not trusted need not be.
 *
 * @param isDescribed the caller only describes the decision, so a file that is not trusted may be read
 */
export async function configRequest(
  { args, cwd, env }: Pick<CommandContext, 'args' | 'cwd' | 'env'>,
  isDescribed = false,
): Promise<ConfigRequest> {
  const { config: named, provider } = args
  const forOthers = isDescribed ? 'describe' : 'reject'
  const isPreset = named === undefined && provider !== undefined && (await isPresetName(provider))
  return { named, cwd, env, ifUntrusted: isPreset ? 'ignore' : forOthers }
}

async function isPresetName(name: string): Promise<boolean> {
  const { knownPresets } = await import('@outbound-auth/resolver/config')
  return knownPresets().some((preset) => preset.name === name)
}
