import { createHeaderMap } from '@outbound-auth/core'
import type { CodexResolverOptions } from '../login/codex-options.js'
import type { RenewableKeys } from './aws-commands.js'

type SigV4Auth = NonNullable<CodexResolverOptions['aws']>['sigV4Auth']

/**
 * @internal `sigV4Auth` for credentials that a command can renew. As in Codex, every 401 renews them, not only a 401
 * that names a credential. Then the request is sent once more, even if the keys are still the same.
 */
export function awsRenewalAuth(sigV4Auth: SigV4Auth): SigV4Auth {
  return (options: never) => {
    const auth = sigV4Auth(options)
    const { credentials }: { readonly credentials?: Partial<RenewableKeys> } = options
    const { recover } = auth
    const renewalCount = credentials?.renewalCount
    if (!renewalCount || !recover) return auth
    return {
      ...auth,
      async recover(rejection, applyOptions) {
        const { request, status, attempt } = rejection
        const before = renewalCount()
        if (await recover.call(auth, rejection, applyOptions)) return true
        if (attempt > 0) return false
        if (renewalCount() === before && status === 401) {
          const headers = createHeaderMap({ 'x-amzn-errortype': 'ExpiredTokenException' })
          const expired = { request, status, attempt, headers, readBody: () => rejection.readBody() }
          if (await recover.call(auth, expired, applyOptions)) return true
        }
        return renewalCount() > before
      },
    }
  }
}
