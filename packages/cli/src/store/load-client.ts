import { AuthError } from '@outbound-auth/core'

/** A client of a database, which its user installs. */
export type ClientPackage = 'redis' | 'pg'

/**
 * Imports the client of a database.
 *
 * @param load imports the package
 * @param installation where this command runs
 * @throws AuthError `ERR_AUTH_STORE_CLIENT` (build) when it is not installed, with the command that installs it
 */
export async function loadClient<T>(
  name: ClientPackage,
  load: () => Promise<T>,
  installation: Installation,
): Promise<T> {
  try {
    return await load()
  } catch (error) {
    const { code } = error as { readonly code?: unknown }
    const problem = code === 'ERR_MODULE_NOT_FOUND' ? 'is not installed' : 'cannot be loaded'
    const command = installCommand(name, installation)
    throw AuthError.build(`Cannot open the store: the package ${name} ${problem}. Run: ${command}`, {
      code: 'ERR_AUTH_STORE_CLIENT',
      cause: error,
    })
  }
}

/** Where this command is installed, and where it runs. */
export interface Installation {
  /** The path of a file of this package. */
  readonly file: string
  /** The working directory. */
  readonly cwd: string
}

/** The command that installs a package where this command finds it. */
export function installCommand(name: ClientPackage, { file, cwd }: Installation): string {
  const path = file.replaceAll('\\', '/')
  if (path.includes('/_npx/')) return `npx -p @outbound-auth/cli -p ${name} outbound-auth`
  const end = path.indexOf('/node_modules/')
  const isOfProject = end >= 0 && `${cwd.replaceAll('\\', '/')}/`.startsWith(`${path.slice(0, end)}/`)
  return isOfProject ? `npm install ${name}` : `npm install --global ${name}`
}
