import { AuthError } from '../../src/index.js'
import { type BrokenProvider, broken } from './broken-providers.js'

/** Providers whose recover() breaks the contract when a caller aborts. */
export const brokenRecoveries: readonly BrokenProvider[] = [
  {
    what: 'wraps the reason of an abort in recover()',
    fails: ['recover() passes an abort'],
    create: () =>
      broken({
        async recover(_rejection, options) {
          if (options?.signal?.aborted) throw AuthError.transient('Aborted', { code: 'ERR_AUTH_ABORTED' })
          return false
        },
      }),
  },
]
