import { join } from 'node:path'
import { CommandError } from '../lib/command-error.js'
import { readPrivateFile, userFolder } from '../lib/private-file.js'

/** A configuration file that the user trusts, as long as its content stays the same. */
export interface TrustedFile {
  /** The real path of its folder, and its name. */
  readonly path: string
  /** The SHA-256 of its bytes, in hexadecimal digits. */
  readonly sha256: string
  /** ISO 8601. */
  readonly trustedAt: string
}

type Variables = Readonly<Record<string, string | undefined>>

function storePath(env: Variables): string {
  return join(userFolder('state', env), 'trust.json')
}

/** The files that the user trusts. @throws CommandError `ERR_CLI_SYSTEM` when the list cannot be used */
export async function readTrustedFiles(env: Variables): Promise<readonly TrustedFile[]> {
  const path = storePath(env)
  const text = await readPrivateFile(path)
  if (text === undefined) return []
  try {
    return parseTrustedFiles(JSON.parse(text)).files
  } catch {
    throw new CommandError(
      `Cannot use ${path}: it is not a list of trusted files. Remove it, and trust them anew`,
      {
        class: 'system',
        code: 'ERR_CLI_SYSTEM',
      },
    )
  }
}

/** Changes the list, under a lock between processes. @throws AuthError `ERR_AUTH_STORE_…` */
export async function changeTrustedFiles(
  env: Variables,
  change: (files: readonly TrustedFile[]) => readonly TrustedFile[],
): Promise<void> {
  const { fileStore } = await import('@outbound-auth/file-store')
  const store = fileStore({ path: storePath(env), parse: parseTrustedFiles })
  await store.update((current) => ({ files: change(current?.files ?? []) }))
}

function parseTrustedFiles(json: unknown): { readonly files: readonly TrustedFile[] } {
  const { files } = json as { files: readonly TrustedFile[] }
  const isTrustedFile = (file: TrustedFile) =>
    [file.path, file.sha256, file.trustedAt].every((part) => typeof part === 'string')
  if (files.every(isTrustedFile)) return { files }
  throw new TypeError('not a list of trusted files')
}
