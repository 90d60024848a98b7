import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** @internal Paths of the shared AWS files. */
export interface SharedFiles {
  readonly credentials: string
  readonly config: string
}

/**
 * @internal Where the shared AWS files are, as absolute paths.
 *
 * @param directory where relative paths start; by default the process's working directory
 */
export function sharedFiles(env: Readonly<Record<string, string | undefined>>, directory = ''): SharedFiles {
  const at = (variable: string, name: string) =>
    resolve(directory, env[variable]?.trim() || join(homedir(), '.aws', name))
  return {
    credentials: at('AWS_SHARED_CREDENTIALS_FILE', 'credentials'),
    config: at('AWS_CONFIG_FILE', 'config'),
  }
}

/** @internal The process's working directory; empty when it has been removed, which only a relative path minds. */
export function workingDirectory(): string {
  try {
    return process.cwd()
  } catch {
    return ''
  }
}
