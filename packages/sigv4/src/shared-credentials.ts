import { readFile, stat } from 'node:fs/promises'
import { AuthError, type AuthErrorCode } from '@outbound-auth/core'
import type { AwsCredentials } from './aws-credentials.js'
import { sharedFiles } from './shared-files.js'
import type { AwsCredentialsSource } from './sigv4-auth.js'

/** Options of {@link awsCredentials}. */
export interface AwsCredentialsOptions {
  /** Name of a profile in the shared files. Beats keys in the environment. @default AWS_PROFILE and the environment's keys in their `order`, else `default` */
  readonly profile?: string | undefined
  /**
   * Which one is taken when the environment has both AWS_PROFILE and keys. `'profile-first'` is the order of the AWS SDK for
   * JavaScript; `'keys-first'` is that of the AWS CLI, the SDKs for Python and Rust, and Codex.
   *
   * @default 'profile-first'
   */
  readonly order?: 'profile-first' | 'keys-first' | undefined
  /**
   * Keys, AWS_PROFILE and the places of the shared files. With any other than `process.env` the credentials of the host are
   * out of reach: it must have keys, or a profile must be named that needs nothing but the files. A `credential_process` of
   * those files runs with the host's environment all the same.
   *
   * @default process.env, read at each call
   */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

type Chain = (options?: { forceRefresh?: boolean }) => Promise<AwsCredentials>

/** Credentials that end within this time are asked for anew. */
const refreshAheadMs = 300_000

/**
 * The AWS credentials of this machine, in the order of the AWS SDK for JavaScript: a profile that is named, keys in the
 * environment, the default profile (assumed roles, SSO, `credential_process`), web identity, container, instance.
 *
 * Keys in the environment need nothing else. Everything further is the work of `@aws-sdk/credential-provider-node`, an
 * optional peer, loaded at the first use. Unlike that package alone, it notices changed shared files: it looks at their time
 * and size at each call, and starts the chain anew only when they differ or a service refused the credentials.
 *
 * @throws TypeError when `order` is malformed
 * @throws AuthError `ERR_AUTH_SIGV4_PEER` (build) when the peer is needed and missing; `ERR_AUTH_SIGV4_CREDENTIALS`: build
 * when the chain has no credentials, or a given `env` leads to none, transient when a service on its way failed
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export function awsCredentials(options: AwsCredentialsOptions = {}): AwsCredentialsSource {
  const { order = 'profile-first' } = options
  if (order !== 'profile-first' && order !== 'keys-first') {
    throw new TypeError("awsCredentials: order must be 'profile-first' or 'keys-first'")
  }
  let chain: { readonly provide: Chain; readonly files: string } | undefined
  let current: AwsCredentials | undefined

  return async ({ forceRefresh }) => {
    const env = options.env ?? process.env
    const profile = options.profile ?? nonBlank(env['AWS_PROFILE'])
    const isNamed = order === 'keys-first' ? options.profile !== undefined : profile !== undefined
    const fromEnv = isNamed ? undefined : environmentCredentials(env)
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
      chain = { provide: await (isHost ? startChain({ profile }) : startProfile(profile, env)), files }
      current = undefined
    }
    if (current !== undefined && !endsSoon(current)) return current
    try {
      current = sameOr(current, await chain.provide({ forceRefresh: current !== undefined }))
    } catch (cause) {
      throw AuthError.is(cause) ? cause : chainError(cause)
    }
    return current
  }
}

function environmentCredentials(
  env: Readonly<Record<string, string | undefined>>,
): AwsCredentials | undefined {
  const accessKeyId = nonBlank(env['AWS_ACCESS_KEY_ID'])
  const secretAccessKey = nonBlank(env['AWS_SECRET_ACCESS_KEY'])
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined
  const expiration = nonBlank(env['AWS_CREDENTIAL_EXPIRATION'])
  return {
    accessKeyId,
    secretAccessKey,
    sessionToken: nonBlank(env['AWS_SESSION_TOKEN']),
    expiration: expiration === undefined ? undefined : dateOf(expiration),
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
function sameOr(current: AwsCredentials | undefined, next: AwsCredentials): AwsCredentials {
  const isSame =
    current !== undefined &&
    current.accessKeyId === next.accessKeyId &&
    current.secretAccessKey === next.secretAccessKey &&
    current.sessionToken === next.sessionToken &&
    current.expiration?.getTime() === next.expiration?.getTime()
  return isSame ? current : next
}

function endsSoon({ expiration }: AwsCredentials): boolean {
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
  const provide = await startChain({ profile, filepath, configFilepath, webIdentityTokenFile: '' })
  return async (options) => {
    const found = await provide(options)
    const sources = Object.keys((found as { $source?: object }).$source ?? {})
    if (sources.some((source) => source.startsWith('CREDENTIALS_PROFILE'))) return found
    throw refusal('they did not come from the profile that was named for the given env')
  }
}

async function startChain({ profile, ...files }: ChainOptions): Promise<Chain> {
  const peer = await import('@aws-sdk/credential-provider-node').catch((cause: unknown) => {
    throw AuthError.build(
      'AWS credentials other than keys in the environment need @aws-sdk/credential-provider-node; install it',
      { code: 'ERR_AUTH_SIGV4_PEER', provider: 'sigv4', cause },
    )
  })
  // Its loader keeps file contents for the life of the process, unless told not to.
  return peer.defaultProvider({ ...files, ...(profile !== undefined && { profile }), ignoreCache: true })
}

/** The chain's own errors say that there are no credentials to be had; any other is a service or network that failed. */
function chainError(cause: unknown): AuthError {
  const isFinal = /^(CredentialsProviderError|TokenProviderError|ProviderError)$/.test(
    (cause as Error | undefined)?.name ?? '',
  )
  const message = isFinal
    ? 'The AWS credential chain found no credentials: no keys, no usable profile, or a login that has ended'
    : 'The AWS credential chain failed on its way to a service'
  return new AuthError(isFinal ? 'build' : 'transient', message, {
    code: 'ERR_AUTH_SIGV4_CREDENTIALS',
    provider: 'sigv4',
    cause,
  })
}

function nonBlank(value: string | undefined): string | undefined {
  return value?.trim() || undefined
}
