import { lstat, readlink } from 'node:fs/promises'
import type { AuthObserver, DocumentStore } from '@outbound-auth/core'
import { fileStore } from '@outbound-auth/file-store'
import { type AuthDocument, parseAuthDocument } from './auth-document.js'
import { loginError } from './codex-error.js'

/** @internal The `auth.json` of a Codex home. A link to a file that is gone is an error: a login was there. */
export function loginStore(path: string, observer: AuthObserver | undefined): DocumentStore<AuthDocument> {
  const store = fileStore<AuthDocument>({ path, parse: parseAuthDocument, observer })
  return {
    async read() {
      const document = await store.read()
      if (document === undefined) await checkLink(path)
      return document
    },
    update: (change, options) => store.update(change, options),
  }
}

/** @throws AuthError `ERR_AUTH_CODEX_LOGIN` (build) */
async function checkLink(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (!found?.isSymbolicLink()) return
  const target = await readlink(path).catch(() => undefined)
  throw loginError(
    `${path} is a symbolic link to ${target ?? 'a file'}, which does not exist or is empty; restore that file, or log in again`,
  )
}
