import { AuthError } from '@outbound-auth/core'
import { fileStore } from '@outbound-auth/file-store'
import type { CommandContext } from '../context/command.js'
import {
  type CredentialQuestion,
  fingerprintOf,
  freshCredential,
  newSalt,
  type OpenCredential,
  parseStored,
  storedPath,
} from './stored-credential.js'

/**
 * Gets a credential that is slow to get, and keeps one that expires for later runs. Runs at the same time ask its
 * source once: the others wait, and take the credential that the first one has kept.
 *
 * A kept credential that a server has rejected is replaced, unless another run has done it.
 *
 * Keeping is a convenience: if the folder cannot be written, the credential is not kept, and a note says so.
 */
export async function keepCredential(
  question: CredentialQuestion,
  { messages, args, signal }: Pick<CommandContext, 'messages' | 'args' | 'signal'>,
  fetch: () => Promise<OpenCredential>,
  rejectedAt?: number,
): Promise<OpenCredential> {
  const store = fileStore({ path: storedPath(question), parse: parseStored, lockTimeoutMs: 60_000 })
  let known: OpenCredential | undefined
  try {
    await store.update(
      async (current) => {
        const isUsable = current && !args.fresh && current.storedAt !== rejectedAt
        known = isUsable ? freshCredential(current, question) : undefined
        if (known) return current
        known = await fetch()
        const { expiresAt, ...credential } = known
        const salt = newSalt()
        const kept = expiresAt && { credential: { ...credential, expiresAt: expiresAt.getTime() } }
        return { salt, fingerprint: fingerprintOf(question, salt), storedAt: Date.now(), ...kept }
      },
      { signal },
    )
  } catch (error) {
    if (!AuthError.is(error) || !error.code.startsWith('ERR_AUTH_STORE_')) throw error
    messages.note(`the credential is not kept for later runs: ${error.message}`)
    known ??= await fetch()
  }
  return known as OpenCredential
}
