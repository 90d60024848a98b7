import { constants } from 'node:fs'
import { access, open } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { CommandError } from './command-error.js'

type Variables = Readonly<Record<string, string | undefined>>

/**
 * The user's folder for files of this command: those that it must keep (`state`), or may lose (`cache`).
 *
 * @see https://specifications.freedesktop.org/basedir/latest/
 */
export function userFolder(kind: 'state' | 'cache', env: Variables): string {
  const given = env[kind === 'state' ? 'XDG_STATE_HOME' : 'XDG_CACHE_HOME']
  const home = env['HOME'] || homedir()
  // A relative path would lead into a folder of somebody else, so it is ignored.
  const base =
    given && isAbsolute(given) ? given : join(home, ...(kind === 'state' ? ['.local', 'state'] : ['.cache']))
  return join(base, 'outbound-auth')
}

const limitBytes = 2 ** 20

/**
 * Reads a file of this command; undefined if it does not exist.
 *
 * A file that another user owns or may write to says what that user wants, so it is an error.
 *
 * @throws CommandError `ERR_CLI_SYSTEM`, with the remedy
 */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  const fail = (problem: string) =>
    new CommandError(`Cannot use ${path}: ${problem}. Remove it, and run the command again`, {
      class: 'system',
      code: 'ERR_CLI_SYSTEM',
    })
  let handle: Awaited<ReturnType<typeof open>>
  try {
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw fail(`${code}`)
  }
  try {
    const stats = await handle.stat()
    const user = process.getuid?.()
    if (!stats.isFile()) throw fail('it is not a regular file')
    if (stats.size > limitBytes) throw fail('it is larger than 1 MiB')
    if (user !== undefined && stats.uid !== user && stats.uid !== 0) throw fail('it belongs to another user')
    if (user !== undefined && (stats.mode & 0o022) !== 0) throw fail('other users may write to it')
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

/**
 * Checks before long work that a file of this command can be written, and creates nothing.
 *
 * @throws CommandError `ERR_CLI_SYSTEM`, with the remedy
 */
export async function checkWritable(path: string): Promise<void> {
  let place = dirname(path)
  for (;;) {
    const code = await access(place, constants.W_OK | constants.X_OK).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => `${error.code}`,
    )
    if (code === undefined) return
    const parent = dirname(place)
    if (code !== 'ENOENT' || parent === place)
      throw new CommandError(
        `Cannot keep anything in ${dirname(path)}: ${code} at ${place}. Correct its rights, or set XDG_STATE_HOME to a folder that may be written`,
        { class: 'system', code: 'ERR_CLI_SYSTEM' },
      )
    place = parent
  }
}
