import { foreignError } from '../contract/foreign-error.js'
import { checkOptions } from '../lib/check-options.js'
import { declarationChecks } from './declaration-checks.js'
import type { AuthProviderCheck, CheckAuthProviderOptions } from './provider-check.js'
import { recoveryChecks } from './recovery-checks.js'
import { replacementChecks } from './replacement-checks.js'
import { requestChecks } from './request-checks.js'
import { responseChecks } from './response-checks.js'
import { illegalCredentialChecks, secrecyChecks } from './secrecy-checks.js'
import { sharingChecks } from './sharing-checks.js'
import { sourceChecks } from './source-checks.js'
import { CheckFailure, describeError } from './verdict/check-failure.js'
import { findSecret } from './verdict/find-secret.js'

const optionNames = ['create', 'secrets', 'request', 'createWithCredential', 'createFromSource']

/**
 * The contract of `AuthProvider` as a list of checks, for any test runner and any runtime. Nothing is sent.
 *
 * A failing check rejects with an error that says what was expected, what was seen and why it matters; no planted
 * secret is in it. Give `createWithCredential` and `createFromSource` too where they apply: each adds checks.
 *
 * @throws TypeError when a secret is too short to be looked for, or `createFromSource` has no secret
 * @example
 * for (const { name, run } of checkAuthProvider({ create: () => myAuth({ key }), secrets: [key] })) it(name, run)
 */
export function checkAuthProvider(options: CheckAuthProviderOptions): AuthProviderCheck[] {
  const { secrets, createWithCredential, createFromSource } = checkOptions(
    'checkAuthProvider',
    options,
    optionNames,
  )
  if (secrets.some((secret) => typeof secret !== 'string' || secret.length < 8)) {
    throw new TypeError(
      'checkAuthProvider: each secret must have 8 characters or more, or it is found everywhere',
    )
  }
  if (createFromSource && secrets.length === 0) {
    throw new TypeError('checkAuthProvider: createFromSource needs a secret for its source to give')
  }
  const checks = [
    ...declarationChecks(options),
    ...requestChecks(options),
    ...replacementChecks(options),
    ...sharingChecks(options),
    ...recoveryChecks(options),
    ...responseChecks(options),
    ...(secrets.length > 0 ? secrecyChecks(options) : []),
    ...(createWithCredential ? illegalCredentialChecks(createWithCredential, options) : []),
    ...(createFromSource ? sourceChecks(createFromSource, options) : []),
  ]
  return checks.map(({ name, run }) => ({
    name,
    async run() {
      try {
        await run()
      } catch (error) {
        throw withoutSecrets(error, secrets)
      }
    },
  }))
}

/**
 * The error of a check, fit for a log. The author of the provider sees the original error as its cause, unless a
 * planted secret is in it: then only labels and places in the code are left of it.
 */
function withoutSecrets(error: unknown, secrets: readonly string[]): Error {
  const isFailure = error instanceof CheckFailure
  const isClean = findSecret(error, secrets) === undefined
  if (isFailure && isClean) return error
  const seen = isFailure
    ? error.message
    : `The check could not be finished: the provider failed with ${describeError(error)}`
  const message =
    findSecret(seen, secrets) === undefined
      ? seen
      : 'Expected no secret in names and codes, but there is one. Errors and logs show names and codes.'
  const original = isFailure ? error.cause : error
  // An AuthError is no safe cause here: the provider under test may have quoted the secret in it.
  return new CheckFailure(message, { cause: isClean ? original : foreignError(original) })
}
