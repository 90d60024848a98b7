import { type AccessToken, AuthError, type SourceOptions } from '@outbound-auth/core'
import { isSendableToken, placeholderProblem } from '@outbound-auth/core/provider'
import { buildError, transientError } from '../lib/workload-error.js'
import type { CheckedExchange } from '../options/check-workload.js'

/** @internal A subject token that is about to be sent. */
export interface Subject {
  readonly token: string
  /** How long the token lives, if its function says so. */
  readonly life: Omit<AccessToken, 'token'>
  /** Whether the same token was sent in an earlier exchange. */
  readonly isRepeated: boolean
  /** To be called when it is certain that the token was not sent. */
  forget(): void
}

/** @internal Gets the subject token of each exchange. */
export type SubjectReader = (
  call: Partial<SourceOptions> & { readonly signal: AbortSignal },
) => Promise<Subject>

/** Of so many sent tokens the digests are kept. */
const keptDigests = 100
/** No service takes a longer token. A longer text is another file. */
const maxLength = 64 * 1024

/**
 * @internal Makes the reader of one exchange. It keeps digests of the tokens that were sent, and no token.
 *
 * @throws AuthError from the reader: `ERR_AUTH_WORKLOAD_SUBJECT`, `ERR_AUTH_WORKLOAD_USED` (both), and what the
 * function of the caller throws
 */
export function subjectReader({ subjectToken, singleUse, factory }: CheckedExchange): SubjectReader {
  let sent: readonly string[] = []

  return async ({ signal, observer }) => {
    const given =
      typeof subjectToken === 'function'
        ? await askSource(() => subjectToken({ signal, observer, forceRefresh: true }))
        : subjectToken
    const { token: text, expiresAt, lifetimeMs, issuedAt } = isToken(given) ? given : { token: given }
    const token = checkSubject(factory, text)
    const digest = await digestOf(token)
    const isRepeated = sent.includes(digest)
    if (isRepeated && singleUse) throw alreadySent(factory, typeof subjectToken === 'function')
    sent = [digest, ...sent.filter((earlier) => earlier !== digest)].slice(0, keptDigests)
    return {
      token,
      life: { expiresAt, lifetimeMs, issuedAt },
      isRepeated,
      forget() {
        if (!isRepeated) sent = sent.filter((earlier) => earlier !== digest)
      },
    }
  }
}

async function askSource<T>(ask: () => T | Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (cause) {
    if (AuthError.is(cause)) throw cause
    throw transientError(
      'ERR_AUTH_WORKLOAD_SUBJECT',
      'Cannot get the subject token: its function failed',
      cause,
    )
  }
}

function isToken(given: unknown): given is AccessToken {
  return typeof given === 'object' && given !== null && 'token' in given
}

function checkSubject(factory: string, text: unknown): string {
  const token = typeof text === 'string' ? text.trim() : text
  const problem = subjectProblem(token)
  if (problem === undefined) return token as string
  throw buildError('ERR_AUTH_WORKLOAD_SUBJECT', `${factory}: subjectToken ${problem}`)
}

function subjectProblem(token: unknown): string | undefined {
  if (typeof token !== 'string') return 'must be a string'
  if (token === '') return 'is empty'
  if (token.length > maxLength) return 'is longer than 64 KiB, so it is no token'
  if (!isSendableToken(token))
    return placeholderProblem(token) ?? 'has whitespace or other characters that no token has'
  return placeholderProblem(token)
}

function alreadySent(factory: string, isFunction: boolean): AuthError {
  const code = 'ERR_AUTH_WORKLOAD_USED'
  const what = `${factory}: this subject token has been sent once, and the service accepts each token once`
  return isFunction
    ? transientError(code, `${what}. Wait until subjectToken gives another one`)
    : buildError(code, `${what}. Pass a function as subjectToken`)
}

async function digestOf(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
  return String.fromCharCode(...bytes)
}
