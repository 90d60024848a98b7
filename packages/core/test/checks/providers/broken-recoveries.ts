import { AuthError, type AuthProvider, type AuthRejection } from '../../../src/index.js'
import { answers, type BrokenProvider, broken, usable } from './broken-provider.js'
import { keyAuthOnRequest } from './broken-providers.js'

const passesAbort = 'recover() passes an abort'

/** Fails in recover() for some rejections. */
function failing(
  what: string,
  isFatal: (rejection: AuthRejection, text: string) => boolean,
  fails: readonly string[] = [answers],
): BrokenProvider {
  const create = () =>
    broken({
      async recover(rejection) {
        if (isFatal(rejection, await rejection.readBody())) throw new RangeError('Not expected')
        return false
      },
    })
  return { what: `throws in recover() for ${what}`, fails, create }
}

/** Ends with some rejections: it throws from then on. */
function ending(what: string, isEnd: (rejection: AuthRejection) => boolean): BrokenProvider {
  const create = (): AuthProvider => {
    let isEnded = false
    return broken({
      async applyAuth(request) {
        if (isEnded) throw AuthError.build('The key is gone', { code: 'ERR_AUTH_CREDENTIAL' })
        return keyAuthOnRequest(request)
      },
      async recover(rejection) {
        isEnded ||= isEnd(rejection)
        return false
      },
    })
  }
  return { what: `throws after recover() for ${what}`, fails: [usable], create }
}

const isBare = ({ request }: AuthRejection) => !request.headers.has('x-key')

/** Providers whose recover() breaks the contract. */
export const brokenRecoveries: readonly BrokenProvider[] = [
  failing('a request without its credential', isBare),
  failing('a request with its credential', (rejection) => !isBare(rejection), [answers, passesAbort]),
  failing('a second attempt', ({ attempt }) => attempt === 1),
  failing('an empty body', (_rejection, text) => text === '', [answers, passesAbort]),
  failing('a body of HTML', (_rejection, text) => text === '<html>Refused</html>'),
  failing('a body of JSON', (_rejection, text) => text === '{"error":{}}'),
  ending('a request without its credential', isBare),
  ending('a request with its credential', (rejection) => !isBare(rejection)),
  {
    what: 'answers in words from recover()',
    fails: [answers],
    create: () => broken({ recover: (async () => 'yes') as unknown as () => Promise<boolean> }),
  },
  {
    what: 'throws a foreign error from recover() when a caller aborts',
    fails: [passesAbort],
    create: () =>
      broken({
        async recover(_rejection, options) {
          if (options?.signal?.aborted) throw new DOMException('Aborted', 'AbortError')
          return false
        },
      }),
  },
  {
    what: 'wraps the reason of an abort in recover()',
    fails: [passesAbort],
    create: () =>
      broken({
        async recover(_rejection, options) {
          if (options?.signal?.aborted) throw AuthError.transient('Aborted', { code: 'ERR_AUTH_ABORTED' })
          return false
        },
      }),
  },
]
