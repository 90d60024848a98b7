import type { SourceOptions } from '@outbound-auth/core'
import { loadPart } from '@outbound-auth/core/exchange'
import { stsEndpoint } from './aws/sts-endpoint.js'
import { checkExchange } from './options/check-workload.js'
import type {
  WebIdentityKeys,
  WebIdentityOptions,
  WebIdentitySource,
} from './options/web-identity-options.js'

/**
 * The `credentials` of `sigV4Auth`: exchanges the platform's own token for temporary AWS credentials
 * (`AssumeRoleWithWebIdentity`), once at each call. The cache of `sigV4Auth` decides when that is.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_INSECURE_TRANSPORT` (build) at once; from the source: those of `workloadIdentityAuth`
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 * @example
 * const subjectToken = githubActionsToken({ audience: 'sts.amazonaws.com' })
 * const credentials = webIdentityCredentials({ roleArn, region: 'us-east-1', subjectToken })
 * const auth = sigV4Auth({ service: 'bedrock', region: 'us-east-1', credentials })
 */
export function webIdentityCredentials(options: WebIdentityOptions): WebIdentitySource {
  const factory = 'webIdentityCredentials'
  const names = 'sessionName lifetimeMs'
  const checked = checkExchange(factory, options, 'roleArn region', names, [], ({ region }) =>
    stsEndpoint(factory, region),
  )
  let assume: ((call: Partial<SourceOptions>) => Promise<WebIdentityKeys>) | undefined
  return async (call = {}) => {
    const { roleAssumer } = await loadPart(() => import('./aws/assume-role.js'))
    assume ??= roleAssumer(checked)
    return assume(call)
  }
}
