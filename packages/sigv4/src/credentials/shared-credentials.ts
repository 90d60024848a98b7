import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AuthError, type AuthErrorCode } from '@outbound-auth/core'
import { documentLimit, type FileLimit, secretLimit } from '@outbound-auth/core/command'
import { checkOptions, invalidOption } from '@outbound-auth/core/provider'
import {
  type AwsChain,
  absolutePaths,
  chainError,
  fallbackRegion,
  startChain,
  startProfile,
} from './aws-chain.js'
import type { AwsCredentialIdentity, AwsCredentialsSource } from './aws-credentials.js'
import { type SharedFiles, sharedFiles, unreadable, workingDirectory } from './shared-files.js'

/** Options of {@link awsCredentials}. */
export interface AwsCredentialsOptions {
  /**
   * The name of a profile in the shared files. It beats keys in the environment.
   *
   * @default AWS_PROFILE or the keys of the environment, in their `order`, else `default`
   */
  readonly profile?: string | undefined
  /**
   * The choice if the environment has both AWS_PROFILE and keys. `'profile-first'` is the order of the AWS SDK for
   * JavaScript. `'keys-first'` is the order of the AWS CLI, of the SDKs for Python and Rust, and of Codex.
   *
   * @default 'profile-first'
   */
  readonly order?: 'profile-first' | 'keys-first' | undefined
  /**
   * The variables for keys, AWS_PROFILE and the shared files. With an object other than `process.env`, the credentials
   * of the host are not used: the object must have keys, or a profile that needs only the files. A `credential_process`
   * in the files still runs with the environment of the host.
   *
   * @default process.env, read at each call
   */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/** Variables for files that the chain reads. */
const tokenFiles = ['AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE']

/** Credentials are renewed this long before they expire. */
const refreshAheadMs = 300_000

/**
 * Gets the AWS credentials of this machine in the order of the AWS SDK for JavaScript: a named profile, keys in the
 * environment, the default profile (assumed roles, SSO, `credential_process`), web identity, container, instance.
 *
 * Keys in the environment need no other package. For all other sources, the optional peer
 * `@aws-sdk/credential-provider-node` is loaded at the first use. Unlike the peer alone, this function notices changed
 * shared files. It reads their time and size at each call, and restarts the chain if they differ, or if a service
 * rejected the credentials.
 *
 * @throws TypeError when `order` is malformed
 * @throws AuthError `ERR_AUTH_SIGV4_PEER` (build) when the peer is needed and missing; `ERR_AUTH_SIGV4_CREDENTIALS`:
 * build when there are no credentials, transient when a service of the chain failed
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export function awsCredentials(options: AwsCredentialsOptions = {}): AwsCredentialsSource {
  checkOptions('awsCredentials', options, ['profile', 'order', 'env'])
  const { order = 'profile-first' } = options
  if (order !== 'profile-first' && order !== 'keys-first') {
    throw invalidOption('awsCredentials', 'order', "'profile-first' or 'keys-first'", order)
  }
  let chain: { readonly provide: AwsChain; readonly stamps: string } | undefined
  let current: AwsCredentialIdentity | undefined
  // Relative paths start here, even if the process changes its directory later.
  const directory = workingDirectory()

  return async ({ forceRefresh = false } = {}) => {
    const env = options.env ?? process.env
    const profile = options.profile ?? trimmed(env['AWS_PROFILE'])
    const isNamed = order === 'keys-first' ? options.profile !== undefined : profile !== undefined
    const fromEnv = isNamed ? undefined : environmentCredentials(env)
    if (fromEnv !== undefined) {
      current = sameOr(current, fromEnv)
      return current
    }
    const isHost = env === process.env
    if (!isHost && profile === undefined) {
      throw credentialsError(
        'the given env has neither keys nor AWS_PROFILE, and the AWS chain reads process.env only',
      )
    }
    const files = sharedFiles(env, directory)
    for (const name of tokenFiles) if (env[name]) await statusOf(resolve(directory, env[name]), secretLimit)
    const stamps = await stampsOf(files)
    if (chain === undefined || forceRefresh || chain.stamps !== stamps) {
      const fallback = await fallbackRegion(profile, env, files)
      const provide = await (isHost
        ? startChain({ profile, ...absolutePaths(env, directory), ...fallback })
        : startProfile(profile, files, fallback))
      chain = { provide, stamps }
      current = undefined
    }
    if (current !== undefined && !expiresSoon(current)) return current
    try {
      current = sameOr(current, await chain.provide({ forceRefresh: current !== undefined }))
    } catch (cause) {
      throw AuthError.is(cause) ? cause : await chainError(cause, profile ?? 'default', files)
    }
    return current
  }
}

function environmentCredentials(
  env: Readonly<Record<string, string | undefined>>,
): AwsCredentialIdentity | undefined {
  const accessKeyId = trimmed(env['AWS_ACCESS_KEY_ID'])
  const secretAccessKey = trimmed(env['AWS_SECRET_ACCESS_KEY'])
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined
  const sessionToken = trimmed(env['AWS_SESSION_TOKEN'])
  const expiration = trimmed(env['AWS_CREDENTIAL_EXPIRATION'])
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
  throw credentialsError('AWS_CREDENTIAL_EXPIRATION must be a date', 'ERR_AUTH_CREDENTIAL')
}

function credentialsError(problem: string, code: AuthErrorCode = 'ERR_AUTH_SIGV4_CREDENTIALS'): AuthError {
  return AuthError.build(`Cannot get AWS credentials: ${problem}`, {
    code,
    provider: 'sigv4',
    option: 'credentials',
  })
}

/** The same object for the same credentials, because the derived key of an object is cached. */
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

function expiresSoon({ expiration }: AwsCredentialIdentity): boolean {
  return expiration !== undefined && expiration.getTime() - Date.now() < refreshAheadMs
}

/** A string that changes when the shared files change. */
async function stampsOf(files: SharedFiles): Promise<string> {
  const stamps = Object.values(files).map(async (file) => {
    const { mtimeMs = 0, size = 0, ino = 0 } = (await statusOf(file, documentLimit)) ?? {}
    return `${mtimeMs} ${size} ${ino}`
  })
  return (await Promise.all(stamps)).join(', ')
}

/** @throws AuthError when the file is too large for the chain, which reads files without a limit */
async function statusOf(file: string, limit: FileLimit): Promise<Stats | undefined> {
  const stats = await stat(file).catch(() => undefined)
  const problem = stats && (await unreadable(stats, limit))
  if (problem !== undefined) throw credentialsError(`${file} ${problem}`)
  return stats
}

function trimmed(value: string | undefined): string | undefined {
  return value?.trim() || undefined
}
