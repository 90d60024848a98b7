import type { SourceOptions } from '@outbound-auth/core'
import { loadPart } from '@outbound-auth/core/exchange'
import { invalidOption } from '@outbound-auth/core/provider'
import { stsEndpoint } from './aws/sts-endpoint.js'
import { checkLifetime } from './options/check-lifetime.js'
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
  const { roleArn, sessionName = 'outbound-auth', lifetimeMs } = checked
  // AWS would reject them too, but its error tells less.
  if (!/^arn:[a-z\d-]+:iam::\d{12}:role\/[\x21-\x7e]+$/.test(roleArn))
    throw invalidOption(factory, 'roleArn', 'like arn:aws:iam::123456789012:role/ROLE', roleArn)
  if (!/^[\w+=,.@-]{2,64}$/.test(sessionName))
    throw invalidOption(factory, 'sessionName', '2 to 64 letters, digits and _+=,.@-', sessionName)
  checkLifetime(factory, lifetimeMs, 900_000, 43_200_000)
  let assume: ((call: Partial<SourceOptions>) => Promise<WebIdentityKeys>) | undefined
  return async (call = {}) => {
    const { roleAssumer } = await loadPart(() => import('./aws/assume-role.js'))
    assume ??= roleAssumer(checked)
    return assume(call)
  }
}
