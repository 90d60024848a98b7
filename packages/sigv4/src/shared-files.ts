import { homedir } from 'node:os'
import { join } from 'node:path'

/** @internal Where the shared AWS files are. */
export function sharedFiles(env: Readonly<Record<string, string | undefined>>): {
  readonly credentials: string
  readonly config: string
} {
  const home = homedir()
  return {
    credentials: env['AWS_SHARED_CREDENTIALS_FILE']?.trim() || join(home, '.aws', 'credentials'),
    config: env['AWS_CONFIG_FILE']?.trim() || join(home, '.aws', 'config'),
  }
}
