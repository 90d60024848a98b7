import type { AccessToken, SourceOptions } from '@outbound-auth/core'
import type { CommandTokenOptions } from '@outbound-auth/core/command'

/** @internal */
export async function readFile(path: string): Promise<string> {
  const files = await import('node:fs/promises')
  return files.readFile(path, 'utf8')
}

/** @internal */
export async function runCommand(
  command: CommandTokenOptions,
  options: SourceOptions,
): Promise<AccessToken | string> {
  const { commandToken } = await import('@outbound-auth/core/command')
  return commandToken(command)(options)
}
