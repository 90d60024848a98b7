import { isAbsolute, resolve } from 'node:path'
import { AuthError } from '@outbound-auth/core'
import type { AwsCredentialIdentity } from './aws-credentials.js'
import { profileRemedy } from './profile-remedy.js'
import { readSharedProfile } from './read-shared-profile.js'
import { readSharedFile, type SharedFiles } from './shared-files.js'

/** @internal The credential chain of the AWS SDK. */
export type AwsChain = (options?: { forceRefresh?: boolean }) => Promise<AwsCredentialIdentity>

/** @internal Options of the chain. Without a profile and files, the chain reads `process.env`. */
export interface ChainOptions {
  readonly profile?: string | undefined
  readonly filepath?: string
  readonly configFilepath?: string
  readonly webIdentityTokenFile?: string
  readonly awsContainerAuthorizationTokenFile?: string
  readonly clientConfig?: { readonly region: string }
}

/**
 * @internal The relative paths in the variables of the chain, made absolute: the working directory may change later.
 */
export function absolutePaths(
  env: Readonly<Record<string, string | undefined>>,
  directory: string,
): Omit<ChainOptions, 'profile'> {
  const variables = {
    filepath: 'AWS_SHARED_CREDENTIALS_FILE',
    configFilepath: 'AWS_CONFIG_FILE',
    webIdentityTokenFile: 'AWS_WEB_IDENTITY_TOKEN_FILE',
    awsContainerAuthorizationTokenFile: 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  }
  return Object.fromEntries(
    Object.entries(variables).flatMap(([option, variable]) => {
      const path = env[variable]?.trim()
      return path && !isAbsolute(path) ? [[option, resolve(directory, path)]] : []
    }),
  )
}

/**
 * @internal Starts the chain for one profile of the given files. If the profile fails, or has `credential_source`, the
 * chain goes on to the environment, container and instance of the host. Such credentials are rejected here.
 *
 * @throws AuthError `ERR_AUTH_SIGV4_CREDENTIALS` (build)
 */
export async function startProfile(
  profile: string | undefined,
  { credentials: filepath, config: configFilepath }: SharedFiles,
  fallback: FallbackRegion,
): Promise<AwsChain> {
  const texts = await Promise.all([filepath, configFilepath].map((file) => readSharedFile(file)))
  if (texts.some((text) => /^\s*credential_source\s*=/m.test(text))) {
    throw noCredentialsError(
      'a profile of the given env has credential_source, which means the host and its environment',
    )
  }
  // With an empty name, the chain does not read the token file of process.env.
  const provide = await startChain({
    profile,
    filepath,
    configFilepath,
    webIdentityTokenFile: '',
    ...fallback,
  })
  return async (options) => {
    const found = await provide(options)
    const sources = Object.keys((found as { $source?: object }).$source ?? {})
    if (sources.some((source) => source.startsWith('CREDENTIALS_PROFILE'))) return found
    throw noCredentialsError('they did not come from the profile that was named for the given env')
  }
}

/** @internal Starts the chain of the AWS SDK. @throws AuthError `ERR_AUTH_SIGV4_PEER` (build) */
export async function startChain({ profile, ...options }: ChainOptions): Promise<AwsChain> {
  const peer = await import('@aws-sdk/credential-provider-node').catch((cause: unknown) => {
    throw AuthError.build(
      'AWS credentials other than keys in the environment need @aws-sdk/credential-provider-node; install it',
      { code: 'ERR_AUTH_SIGV4_PEER', provider: 'sigv4', option: 'credentials', cause },
    )
  })
  const provide = peer.defaultProvider({
    ...options,
    ...(profile !== undefined && { profile }),
    // By default, the chain keeps the content of files for the life of the process.
    ignoreCache: true,
    logger: silentLogger,
  })
  return (chainOptions) => withoutVersionWarning(() => provide(chainOptions))
}

/** @internal */
export type FallbackRegion = Pick<ChainOptions, 'clientConfig'>

/**
 * @internal The default region of the chain, if neither the environment nor the profile names a region. The chain would
 * print a warning for it.
 */
export async function fallbackRegion(
  profile: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  files: SharedFiles,
): Promise<FallbackRegion> {
  if (env['AWS_REGION']?.trim()) return {}
  const settings = await readSharedProfile(profile ?? 'default', files)
  return settings?.['region'] ? {} : { clientConfig: { region: 'us-east-1' } }
}

/** Without a logger, the chain prints warnings to the stderr of the application. */
const silentLogger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

/**
 * Suppresses the SDK's warning about the version of Node. The SDK reads this variable while it makes a client.
 * Afterwards, the variable is restored.
 */
async function withoutVersionWarning<T>(run: () => Promise<T>): Promise<T> {
  const name = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'
  if (process.env[name] !== undefined) return run()
  process.env[name] = 'true'
  try {
    return await run()
  } finally {
    delete process.env[name]
  }
}

/**
 * @internal Errors of the SDK and rejections by a service are final. Other errors are failures of a service or a
 * network.
 */
export async function chainError(cause: unknown, profile: string, files: SharedFiles): Promise<AuthError> {
  const isFinal = isProviderError(cause) || isRejection(cause)
  const message = isFinal
    ? `The AWS credential chain found no credentials: ${await profileRemedy(profile, files)}`
    : `The AWS credential chain failed on its way to a service, with profile ${profile}: try again`
  return new AuthError(isFinal ? 'build' : 'transient', message, {
    code: 'ERR_AUTH_SIGV4_CREDENTIALS',
    provider: 'sigv4',
    option: 'credentials',
    cause,
  })
}

function isProviderError(cause: unknown): boolean {
  const { name = '' } = (cause ?? {}) as Partial<Error>
  return /^(CredentialsProviderError|TokenProviderError|ProviderError)$/.test(name)
}

/** Whether a service rejected the request, for example because of an expired login. */
function isRejection(cause: unknown): boolean {
  const { $fault, $retryable, $metadata } = (cause ?? {}) as ServiceFailure
  const status = $metadata?.httpStatusCode ?? 0
  return (
    $fault === 'client' && !$retryable && status >= 400 && status < 500 && status !== 408 && status !== 429
  )
}

interface ServiceFailure {
  readonly $fault?: string
  readonly $retryable?: unknown
  readonly $metadata?: { readonly httpStatusCode?: number }
}

function noCredentialsError(problem: string): AuthError {
  const code = 'ERR_AUTH_SIGV4_CREDENTIALS'
  return AuthError.build(`Cannot get AWS credentials: ${problem}`, {
    code,
    provider: 'sigv4',
    option: 'credentials',
  })
}
