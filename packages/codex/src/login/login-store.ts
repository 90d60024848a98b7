import { AsyncLocalStorage } from 'node:async_hooks'
import { lstat, readlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { AuthObserver, DocumentStore } from '@outbound-auth/core'
import { fileStore } from '@outbound-auth/file-store'
import { loginError } from '../lib/codex-error.js'
import { type AuthDocument, parseAuthDocument } from './auth-document.js'
import { type ClientLocks, clientLocks } from './client-locks.js'

type Change = Parameters<DocumentStore<AuthDocument>['update']>[0]

/** The number of times that an update is compared with the file, which Codex may write meanwhile. */
const maxRetries = 3

/**
 * @internal The `auth.json` of a Codex home. Processes with this package share the lock of `fileStore` during an
 * update. Codex locks only around its write. So its lock is taken at the end of an update, and an update of an older
 * document runs again with the newer one. A link to a missing file is an error, because the file held a login.
 */
export function loginStore(
  path: string,
  observer: AuthObserver | undefined,
  locks: ClientLocks = clientLocks(dirname(path)),
): DocumentStore<AuthDocument> {
  const store = fileStore<AuthDocument>({ path, parse: parseAuthDocument, observer })
  /** The document that the update has read last. */
  const seen = new AsyncLocalStorage<{ document: AuthDocument | undefined }>()

  async function read(): Promise<AuthDocument | undefined> {
    const document = await store.read()
    if (document === undefined) await checkLink(path)
    const changing = seen.getStore()
    if (changing) changing.document = document
    return document
  }

  return {
    read,
    async update(change: Change, options) {
      let release = () => {}
      try {
        return await store.update(async (current) => {
          const base = { document: structuredClone(current) }
          let next = await seen.run(base, async () => change(current))
          for (let retries = 0; next !== undefined && retries < maxRetries; retries++) {
            release = await locks.take()
            const latest = await store.read()
            if (isDeepStrictEqual(latest, base.document)) break
            // The update may call a server, and Codex must not wait for that.
            release()
            base.document = structuredClone(latest)
            next = await seen.run(base, async () => change(latest))
          }
          return next
        }, options)
      } finally {
        release()
      }
    },
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
