import { createHeaderMap } from '@outbound-auth/core'
import type { CodexResolverOptions } from '../login/codex-options.js'
import type { SignInSource } from './aws-commands.js'

type SigV4Auth = NonNullable<CodexResolverOptions['aws']>['sigV4Auth']

/**
 * @internal `sigV4Auth` for credentials that can be renewed by a login at AWS. As in Codex, every 401 leads to one, not only one
 * that names a credential; and the request is sent once more after it, even if the keys are still the same.
 */
export function awsSignInAuth(sigV4Auth: SigV4Auth): SigV4Auth {
  return (options: never) => {
    const auth = sigV4Auth(options)
    const { credentials }: { readonly credentials?: Partial<SignInSource> } = options
    const { recover } = auth
    const signInCount = credentials?.signInCount
    if (!signInCount || !recover) return auth
    return {
      ...auth,
      async recover(rejection, applyOptions) {
        const { request, status, attempt } = rejection
        const before = signInCount()
        if (await recover.call(auth, rejection, applyOptions)) return true
        if (attempt > 0) return false
        if (signInCount() === before && status === 401) {
          const headers = createHeaderMap({ 'x-amzn-errortype': 'ExpiredTokenException' })
          const expired = { request, status, attempt, headers, readBody: () => rejection.readBody() }
          if (await recover.call(auth, expired, applyOptions)) return true
        }
        return signInCount() > before
      },
    }
  }
}
