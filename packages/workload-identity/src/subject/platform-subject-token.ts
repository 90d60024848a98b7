import type { TokenSource } from '@outbound-auth/core'
import { checkOptions, type Environment, invalidOption } from '@outbound-auth/core/provider'
import { type AzureImdsOptions, azureImdsToken } from './azure-imds-token.js'
import { gcpAccessToken } from './gcp-access-token.js'
import { gcpIdentityToken } from './gcp-identity-token.js'
import { githubActionsToken } from './github-actions-token.js'

/** The place of a subject token that a platform issues. Exactly one property is given. */
export interface PlatformReference {
  /** The identity of a job of GitHub Actions. */
  readonly githubActions?: { readonly audience: string } | undefined
  /** The identity of a machine on Google Cloud; without `audience` an access token of it. */
  readonly gcpMetadata?:
    | { readonly audience?: string | undefined; readonly serviceAccount?: string | undefined }
    | undefined
  /** The managed identity of a machine on Azure. */
  readonly azureImds?: Omit<AzureImdsOptions, 'fetch'> | undefined
}

/** Options of {@link platformSubjectToken}. */
export interface PlatformSubjectOptions {
  /** Environment variables, for `githubActions`. @default process.env */
  readonly env?: Environment | undefined
}

/**
 * The `subjectToken` of `createResolver`: opens the references `{ githubActions }`, `{ gcpMetadata }` and `{ azureImds
 * }` of definitions.
 *
 * @throws TypeError when the reference is malformed
 * @example
 * const resolver = createResolver(
 *   { 'workload-identity': workloadIdentityAuth }, { subjectToken: platformSubjectToken },
 * )
 */
export function platformSubjectToken(
  reference: PlatformReference,
  { env }: PlatformSubjectOptions = {},
): TokenSource {
  const factory = 'platformSubjectToken'
  const names = ['githubActions', 'gcpMetadata', 'azureImds']
  const { githubActions, gcpMetadata, azureImds } = checkOptions(factory, reference, names)
  if (githubActions !== undefined)
    return githubActionsToken({ ...checkOptions('githubActions', githubActions, ['audience']), env })
  if (gcpMetadata !== undefined) {
    const { audience, ...options } = checkOptions('gcpMetadata', gcpMetadata, ['audience', 'serviceAccount'])
    return audience === undefined ? gcpAccessToken(options) : gcpIdentityToken({ ...options, audience })
  }
  if (azureImds !== undefined)
    return azureImdsToken(checkOptions('azureImds', azureImds, ['resource', 'clientId']))
  throw invalidOption(
    factory,
    'reference',
    `one of ${names.map((name) => `{ ${name} }`).join(', ')}`,
    reference,
  )
}
