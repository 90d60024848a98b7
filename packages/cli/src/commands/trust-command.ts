import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { configName, loadConfig, readConfig } from '../config/load-config.js'
import type { CommandContext } from '../context/command.js'
import { configError, usageError } from '../lib/command-error.js'
import { configSummary, summaryLines } from '../trust/config-summary.js'
import { digestOf, trustPath } from '../trust/config-trust.js'
import { changeTrustedFiles, readTrustedFiles, type TrustedFile } from '../trust/trust-store.js'

/** `outbound-auth trust [FILE]` and `trust --list`: lets a found file run commands and send credentials. */
export async function trustCommand(context: CommandContext): Promise<number> {
  const { args, output, env } = context
  if (args.list) return listTrusted(context)
  const path = await fileArgument(context)
  const config = await loadConfig({ named: undefined, cwd: dirname(path), env, ifUntrusted: 'describe' })
  if (!config)
    throw configError(`There is no ${path}. Change to its folder, or name the file: outbound-auth trust FILE`)
  const place = await trustPath(path)
  const file: TrustedFile = {
    path: place,
    sha256: digestOf(config.bytes),
    trustedAt: new Date().toISOString(),
  }
  await changeTrustedFiles(env, (files) => [...files.filter((other) => other.path !== place), file])
  const providers = configSummary(config)
  if (args.json) await output.writeJson({ ...file, providers })
  else
    await output.writeLines([`Trusted ${place} (sha256 ${file.sha256})`, ...providers.flatMap(summaryLines)])
  return 0
}

/** `outbound-auth untrust [FILE]`: takes the trust back; the file need not be there any more. */
export async function untrustCommand(context: CommandContext): Promise<number> {
  const { args, output, env } = context
  const path = await fileArgument(context)
  const place = await trustPath(path)
  const isMeant = (file: TrustedFile) => file.path === place || file.path === path
  if (!(await readTrustedFiles(env)).some(isMeant)) {
    throw configError(`${path} is not trusted. See the trusted files: outbound-auth trust --list`)
  }
  await changeTrustedFiles(env, (files) => files.filter((file) => !isMeant(file)))
  await (args.json
    ? output.writeJson({ path: place, trusted: false })
    : output.writeLines([`No longer trusted: ${place}`]))
  return 0
}

async function listTrusted({ args, output, env }: CommandContext): Promise<number> {
  if (args.positionals.length > 0) throw usageError('trust --list takes no file: remove the file or --list')
  const files = await Promise.all((await readTrustedFiles(env)).map(withState))
  const lines = files.map(({ state, sha256, path }) => `${state.padEnd(7)}  ${sha256.slice(0, 12)}  ${path}`)
  await (args.json ? output.writeJson({ trusted: files }) : output.writeLines(lines))
  return 0
}

/** A trusted file with what has become of it; `changed` has to be trusted again. */
async function withState(file: TrustedFile): Promise<TrustedFile & { readonly state: string }> {
  const bytes = await readConfig(file.path, configName, { isFound: true, isOfAnyUser: true }).catch(
    () => null,
  )
  if (bytes === undefined) return { ...file, state: 'missing' }
  return { ...file, state: bytes && digestOf(bytes) === file.sha256 ? 'trusted' : 'changed' }
}

/** The file that the command line names by itself or by its folder; else that of the working directory. */
async function fileArgument({ args, cwd }: CommandContext): Promise<string> {
  const [named = '.', ...more] = args.positionals
  if (more.length > 0) throw usageError('Name one file, or none for that of the working directory')
  const path = resolve(cwd, named)
  if (basename(path) === configName) return path
  if (named === '.' || (await isFolder(path))) return join(path, configName)
  throw usageError(
    `Only files called ${configName} are found, and need trust; any other is used with --config ${named}`,
  )
}

async function isFolder(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined)
  return stats === undefined || stats.isDirectory()
}
