import { applyAuth } from '../apply/apply-auth.js'
import { AuthError } from '../contract/auth-error.js'
import type { AuthEvent } from '../contract/auth-observer.js'
import {
  type AuthProviderCheck,
  applyOnce,
  type CheckAuthProviderOptions,
  headerMaps,
  newProvider,
  newRequest,
} from './provider-check.js'
import { refusal } from './recovery-checks.js'
import { demand, describeError, outcomeOf } from './verdict/check-failure.js'
import { findSecret } from './verdict/find-secret.js'

/** @internal A credential is seen only by the server that it is for. */
export function secrecyChecks(options: CheckAuthProviderOptions): AuthProviderCheck[] {
  return [
    {
      name: 'shows no secret when it is printed, before and after use',
      async run() {
        const provider = await newProvider(options)
        const demandNone = (when: string) => {
          const found = findSecret(provider, options.secrets)
          const why = 'Objects end up in logs; keep secrets in closures.'
          demand(found === undefined, `no secret ${when}`, `there is ${found}`, why)
        }
        demandNone('before use')
        const applied = await applyOnce(provider, newRequest(options))
        await outcomeOf(() => provider.recover?.(refusal(provider, applied, 0)))
        demandNone('after use')
      },
    },
    {
      name: 'tells its observer no secret',
      async run() {
        const events: AuthEvent[] = []
        const observer = (event: AuthEvent) => events.push(event)
        const provider = await options.create({ observer })
        const applied = await applyOnce(provider, newRequest(options))
        await outcomeOf(() => provider.recover?.(refusal(provider, applied, 0)))
        const found = findSecret(events, options.secrets)
        const why = 'Events go to telemetry: name kinds, headers, ids, durations and codes.'
        demand(found === undefined, 'events without a secret', `there is ${found}`, why)
      },
    },
  ]
}

const head = 'planted-head-of-an-illegal-credential'
const tail = 'planted-tail-of-an-illegal-credential'

/** No header may hold these: CR, LF, NUL, and what latin1 has no letter for. */
const illegal = { CR: '\r', LF: '\n', NUL: '\0', 'U+0100': '\u0100', 'U+1F511': '\u{1f511}' }

/** @internal A credential that no header may hold is rejected, wherever it is found, and not shown. */
export function illegalCredentialChecks(
  createWithCredential: NonNullable<CheckAuthProviderOptions['createWithCredential']>,
  options: CheckAuthProviderOptions,
): AuthProviderCheck[] {
  async function refusals(): Promise<[where: string, error: unknown][]> {
    const found: [string, error: unknown][] = []
    for (const [character, text] of Object.entries(illegal)) {
      for (const [map, create] of headerMaps) {
        const { error } = await outcomeOf(async () => {
          const provider = await createWithCredential(head + text + tail, { observer: () => {} })
          return applyAuth(
            provider,
            newRequest(options, ({ headers }) => ({ headers: create(headers) })),
          )
        })
        found.push([`${character}, with ${map}`, error])
      }
    }
    return found
  }
  return [
    {
      name: 'refuses a credential that is no legal header value with an AuthError (build)',
      async run() {
        for (const [where, error] of await refusals()) {
          demand(
            AuthError.is(error) && error.kind === 'build',
            `an AuthError (build) for ${where}`,
            error === undefined ? 'it was accepted' : `there was ${describeError(error)}`,
            'A line break in a header is a second header, and what is cut out silently is another credential.',
            error,
          )
        }
      },
    },
    {
      name: 'keeps an illegal credential out of the error',
      async run() {
        for (const [where, error] of await refusals()) {
          const found = findSecret(error, [head, tail])
          const why = 'A line break at the end of a token file is the classic way of a token into a log.'
          demand(found === undefined, `an error without it for ${where}`, `there is ${found}`, why)
        }
      },
    },
  ]
}
