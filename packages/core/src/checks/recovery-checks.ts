import { statusesOf } from '../apply/combine-auth.js'
import { AuthError } from '../contract/auth-error.js'
import type { AuthProvider, AuthRejection, AuthRequest } from '../contract/auth-provider.js'
import { createHeaderMap } from '../contract/header-map.js'
import {
  type AuthProviderCheck,
  applyOnce,
  type CheckAuthProviderOptions,
  credentialIn,
  listed,
  newProvider,
  newRequest,
} from './provider-check.js'
import { demand, describeError, outcomeOf } from './verdict/check-failure.js'

/** @internal Checks of `recover`; a provider without `recover` has nothing to check. */
export function recoveryChecks(options: CheckAuthProviderOptions): AuthProviderCheck[] {
  return [outcomeCheck(options), usabilityCheck(options), recoveryAbortCheck(options)]
}

function outcomeCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'recover() answers with a boolean or an AuthError, whatever was refused and however',
    async run() {
      const provider = await newProvider(options)
      const applied = await applyOnce(provider, newRequest(options))
      for (const request of [newRequest(options), applied]) {
        for (const [attempt, body] of ['', '<html>Refused</html>', '{"error":{}}'].entries()) {
          const rejection = refusal(provider, request, attempt % 2, body)
          const { hasFailed, error, value } = await outcomeOf(() => provider.recover?.(rejection))
          const why = 'It decides whether the request is sent again, and answers come from anywhere.'
          demand(
            !hasFailed || AuthError.is(error),
            'an AuthError',
            `it threw ${describeError(error)}`,
            why,
            error,
          )
          const isAnswer = hasFailed || !provider.recover || typeof value === 'boolean'
          demand(isAnswer, 'true or false', `it gave ${value === undefined ? 'nothing' : 'a value'}`, why)
        }
      }
    },
  }
}

function usabilityCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'recover() leaves the provider usable',
    async run() {
      const provider = await newProvider(options)
      const before = await applyOnce(provider, newRequest(options))
      await outcomeOf(() => provider.recover?.(refusal(provider, newRequest(options), 0)))
      await outcomeOf(() => provider.recover?.(refusal(provider, before, 0)))
      const { value, error } = await outcomeOf(() => applyOnce(provider, newRequest(options)))
      const expected = listed(credentialIn(provider, before).keys())
      const found = value && listed(credentialIn(provider, value).keys())
      demand(
        found === expected,
        `${expected} on the next request`,
        `there is ${found ?? describeError(error)}`,
        'One refusal, perhaps of a request that another client made, must not end the others.',
        error,
      )
    },
  }
}

function recoveryAbortCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: "recover() passes an abort on with the signal's reason unchanged",
    async run() {
      const provider = await newProvider(options)
      const applied = await applyOnce(provider, newRequest(options))
      const reason = new Error('The caller gave up')
      const signal = AbortSignal.abort(reason)
      const outcome = await outcomeOf(() => provider.recover?.(refusal(provider, applied, 0), { signal }))
      demand(
        !outcome.hasFailed || outcome.error === reason,
        "the signal's reason",
        `it rejected with ${describeError(outcome.error)}`,
        'Callers tell their own abort from a failure by it.',
        outcome.error,
      )
    },
  }
}

/** @internal A response that rejected this request. */
export function refusal(
  provider: AuthProvider,
  request: AuthRequest,
  attempt: number,
  body = '',
): AuthRejection {
  const [status = 401] = statusesOf(provider)
  const headers = createHeaderMap({ 'www-authenticate': 'Bearer error="invalid_token"' })
  return { request, status, headers, readBody: async () => body, attempt }
}
