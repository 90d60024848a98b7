import { createHeaderMap } from '@outbound-auth/core'
import type { AwsSupport } from './codex-options.js'

/**
 * @internal `sigV4Auth` with one more option: with `signsInOn401` every 401 means that the user has to log in at AWS again, as
 * in Codex, and not only one that names a credential.
 */
export function awsSignInAuth(sigV4Auth: AwsSupport['sigV4Auth']): AwsSupport['sigV4Auth'] {
  return (options: never) => {
    const { signsInOn401, ...rest }: { readonly signsInOn401?: boolean } = options
    const auth = sigV4Auth(rest as never)
    const { recover } = auth
    if (!signsInOn401 || !recover) return auth
    return {
      ...auth,
      async recover(rejection, applyOptions) {
        const { request, status, attempt } = rejection
        if (await recover.call(auth, rejection, applyOptions)) return true
        if (status !== 401 || attempt > 0) return false
        const headers = createHeaderMap({ 'x-amzn-errortype': 'ExpiredTokenException' })
        const expired = { request, status, attempt, headers, readBody: () => rejection.readBody() }
        return recover.call(auth, expired, applyOptions)
      },
    }
  }
}
