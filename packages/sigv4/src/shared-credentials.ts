import { readFile, stat } from 'node:fs/promises'
import { AuthError, type AuthErrorCode, checkOptions } from '@outbound-auth/core'
import type { AwsCredentialIdentity } from './aws-credentials.js'
import { awsRegion } from './aws-region.js'
import { profileRemedy } from './profile-remedy.js'
import { sharedFiles } from './shared-files.js'
import type { AwsCredentialsSource } from './sigv4-auth.js'

/** Options of {@link awsCredentials}. */
export interface AwsCredentialsOptions {
  /** Name of a profile in the shared files. Beats keys in the environment. @default AWS_PROFILE, else the environment's keys, else `default` */
  readonly profile?: string | undefined
  /**
   * Keys, AWS_PROFILE and the places of the shared files. With any other than `process.env` the credentials of the host are
   * out of reach: it must have keys, or a profile must be named that needs nothing but the files. A `credential_process` of
   * those files runs with the host's environment all the same.
   *
   * @default process.env, read at each call
   */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

type Chain = (options?: { forceRefresh?: boolean }) => Promise<AwsCredentialIdentity>

/** Credentials that end within this time are asked for anew. */
const refreshAheadMs = 300_000

/**
 * The AWS credentials of this machine, in the order of the AWS SDK for JavaScript: keys in the environment, profiles (assumed
 * roles, SSO, `credential_process`), web identity, container, instance.
 *
 * Keys in the environment need nothing else. Everything further is the work of `@aws-sdk/credential-provider-node`, an
 * optional peer, loaded at the first use. Unlike that package alone, it notices changed shared files: it looks at their time
 * and size at each call, and starts the chain anew only when they differ or a service refused the credentials.
 *
 * @throws AuthError `ERR_AUTH_SIGV4_PEER` (build) when the peer is needed and missing; `ERR_AUTH_SIGV4_CREDENTIALS`: build
 * when the chain has no credentials, or a given `env` leads to none, transient when a service on its way failed
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export function awsCredentials(options: AwsCredentialsOptions = {}): AwsCredentialsSource {
  checkOptions('awsCredentials', options, ['profile', 'env'])
  let chain: { readonly provide: Chain; readonly files: string } | undefined
  let current: AwsCredentialIdentity | undefined

  return async ({ forceRefresh = false } = {}) => {
    const env = options.env ?? process.env
    const profile = options.profile ?? nonBlank(env['AWS_PROFILE'])
    const fromEnv = profile === undefined ? environmentCredentials(env) : undefined
    if (fromEnv !== undefined) {
      current = sameOr(current, fromEnv)
      return current
    }
    const isHost = env === process.env
    if (!isHost && profile === undefined) {
      throw refusal(
        'the given env has neither keys nor AWS_PROFILE, and the AWS chain reads process.env only',
      )
    }
    const files = await stampsOf(env)
    if (chain === undefined || forceRefresh || chain.files !== files) {
      chain = { provide: await (isHost ? startChain({ profile }, env) : startProfile(profile, env)), files }
      current = undefined
    }
    if (current !== undefined && !endsSoon(current)) return current
    try {
      current = sameOr(current, await chain.provide({ forceRefresh: current !== undefined }))
    } catch (cause) {
      throw AuthError.is(cause) ? cause : await chainError(cause, profile ?? 'default', env)
    }
    return current
  }
}

function environmentCredentials(
  env: Readonly<Record<string, string | undefined>>,
): AwsCredentialIdentity | undefined {
  const accessKeyId = nonBlank(env['AWS_ACCESS_KEY_ID'])
  const secretAccessKey = nonBlank(env['AWS_SECRET_ACCESS_KEY'])
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined
  const sessionToken = nonBlank(env['AWS_SESSION_TOKEN'])
  const expiration = nonBlank(env['AWS_CREDENTIAL_EXPIRATION'])
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken !== undefined && { sessionToken }),
    ...(expiration !== undefined && { expiration: dateOf(expiration) }),
  }
}

function dateOf(text: string): Date {
  const date = new Date(text)
  if (!Number.isNaN(date.getTime())) return date
  throw refusal('AWS_CREDENTIAL_EXPIRATION is no date', 'ERR_AUTH_CREDENTIAL')
}

function refusal(why: string, code: AuthErrorCode = 'ERR_AUTH_SIGV4_CREDENTIALS'): AuthError {
  return AuthError.build(`Cannot get AWS credentials: ${why}`, { code, provider: 'sigv4' })
}

/** The same object for the same credentials, so that their derived key is found again. */
function sameOr(
  current: AwsCredentialIdentity | undefined,
  next: AwsCredentialIdentity,
): AwsCredentialIdentity {
  const isSame =
    current !== undefined &&
    current.accessKeyId === next.accessKeyId &&
    current.secretAccessKey === next.secretAccessKey &&
    current.sessionToken === next.sessionToken &&
    current.expiration?.getTime() === next.expiration?.getTime()
  return isSame ? current : next
}

function endsSoon({ expiration }: AwsCredentialIdentity): boolean {
  return expiration !== undefined && expiration.getTime() - Date.now() < refreshAheadMs
}

/** A stamp of the shared files that changes whenever they do. */
async function stampsOf(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const stamps = Object.values(sharedFiles(env)).map(async (file) => {
    const { mtimeMs, size, ino } = await stat(file).catch(() => ({ mtimeMs: 0, size: 0, ino: 0 }))
    return `${mtimeMs} ${size} ${ino}`
  })
  return (await Promise.all(stamps)).join(', ')
}

/** What the chain needs to be told; without profile and files it goes by `process.env`. */
interface ChainOptions {
  readonly profile?: string | undefined
  readonly filepath?: string
  readonly configFilepath?: string
  readonly webIdentityTokenFile?: string
}

/**
 * The chain, held to one profile of the files that `env` names. It goes on to the host's environment, container and instance
 * when that profile fails, and where `credential_source` points there; neither may be the answer.
 */
async function startProfile(
  profile: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Chain> {
  const { credentials: filepath, config: configFilepath } = sharedFiles(env)
  const texts = await Promise.all(
    [filepath, configFilepath].map((file) => readFile(file, 'utf8').catch(() => '')),
  )
  if (texts.some((text) => /^\s*credential_source\s*=/m.test(text))) {
    throw refusal(
      'a profile of the given env has credential_source, which means the host and its environment',
    )
  }
  // An empty name of a token file keeps the chain from taking that of process.env.
  const provide = await startChain({ profile, filepath, configFilepath, webIdentityTokenFile: '' }, env)
  return async (options) => {
    const found = await provide(options)
    const sources = Object.keys((found as { $source?: object }).$source ?? {})
    if (sources.some((source) => source.startsWith('CREDENTIALS_PROFILE'))) return found
    throw refusal('they did not come from the profile that was named for the given env')
  }
}

async function startChain(
  { profile, ...files }: ChainOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Chain> {
  const peer = await import('@aws-sdk/credential-provider-node').catch((cause: unknown) => {
    throw AuthError.build(
      'AWS credentials other than keys in the environment need @aws-sdk/credential-provider-node; install it',
      { code: 'ERR_AUTH_SIGV4_PEER', provider: 'sigv4', cause },
    )
  })
  const region = nonBlank(env['AWS_REGION']) ?? (await awsRegion({ profile, env }))
  const provide = peer.defaultProvider({
    ...files,
    ...(profile !== undefined && { profile }),
    // Its loader keeps file contents for the life of the process, unless told not to.
    ignoreCache: true,
    logger: silentLogger,
    // The region that the chain itself falls back to, with a warning on stderr.
    ...(region === undefined && { clientConfig: { region: 'us-east-1' } }),
  })
  return (chainOptions) => withoutVersionWarning(() => provide(chainOptions))
}

/** The chain writes warnings to stderr, which belongs to the application, unless it has a logger. */
const silentLogger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

/**
 * Keeps the SDK from warning about the version of Node: it looks at this variable while it makes a client. The variable is as it
 * was when the promise settles.
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

/** The SDK's own errors, and rejections by a service, are final. Any other error is a service or a network that failed. */
async function chainError(
  cause: unknown,
  profile: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<AuthError> {
  const isFinal = isProviderError(cause) || isRejection(cause)
  const message = isFinal
    ? `The AWS credential chain found no credentials: ${await profileRemedy(profile, env)}`
    : `The AWS credential chain failed on its way to a service, with profile ${profile}: try again`
  return new AuthError(isFinal ? 'build' : 'transient', message, {
    code: 'ERR_AUTH_SIGV4_CREDENTIALS',
    provider: 'sigv4',
    cause,
  })
}

function isProviderError(cause: unknown): boolean {
  const { name = '' } = (cause ?? {}) as Partial<Error>
  return /^(CredentialsProviderError|TokenProviderError|ProviderError)$/.test(name)
}

/** A service of the SDK that rejects the request: an expired login, a role that may not be assumed. */
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

function nonBlank(value: string | undefined): string | undefined {
  return value?.trim() || undefined
}
