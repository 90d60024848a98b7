import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { AuthError, type AuthErrorCode } from '@outbound-auth/core'
import { documentLimit, type FileLimit, secretLimit } from '@outbound-auth/core/command'
import type { AwsCredentials } from './aws-credentials.js'
import { readSharedFile, sharedFiles, unreadable } from './shared-files.js'
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

type Chain = (options?: { forceRefresh?: boolean }) => Promise<AwsCredentials>

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
  let chain: { readonly provide: Chain; readonly files: string } | undefined
  let current: AwsCredentials | undefined

  return async ({ forceRefresh }) => {
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
  const tokenFiles = [env['AWS_WEB_IDENTITY_TOKEN_FILE'], env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE']]
  for (const file of tokenFiles) if (file) await statusOf(file, secretLimit)
  const stamps = Object.values(sharedFiles(env)).map(async (file) => {
    const { mtimeMs = 0, size = 0, ino = 0 } = (await statusOf(file, documentLimit)) ?? {}
    return `${mtimeMs} ${size} ${ino}`
  })
  return (await Promise.all(stamps)).join(', ')
}

/** @throws AuthError when the chain, which reads files without a limit, must not be given this one */
async function statusOf(file: string, limit: FileLimit): Promise<Stats | undefined> {
  const stats = await stat(file).catch(() => undefined)
  const problem = stats && (await unreadable(stats, limit))
  if (problem !== undefined) throw refusal(`${file} ${problem}`)
  return stats
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
  const texts = await Promise.all([filepath, configFilepath].map((file) => readSharedFile(file)))
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
