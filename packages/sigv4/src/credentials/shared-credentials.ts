import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AuthError, type AuthErrorCode } from '@outbound-auth/core'
import { documentLimit, type FileLimit, secretLimit } from '@outbound-auth/core/command'
import { checkOptions } from '@outbound-auth/core/provider'
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

/** Variables that name files which the chain reads. */
const tokenFiles = ['AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE']

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
  checkOptions('awsCredentials', options, ['profile', 'order', 'env'])
  const { order = 'profile-first' } = options
  if (order !== 'profile-first' && order !== 'keys-first') {
    throw new TypeError("awsCredentials: order must be 'profile-first' or 'keys-first'")
  }
  let chain: { readonly provide: AwsChain; readonly stamps: string } | undefined
  let current: AwsCredentialIdentity | undefined
  // A process that changes its directory later still means these files.
  const directory = workingDirectory()

  return async ({ forceRefresh = false } = {}) => {
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
    if (current !== undefined && !endsSoon(current)) return current
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
async function stampsOf(files: SharedFiles): Promise<string> {
  const stamps = Object.values(files).map(async (file) => {
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

function nonBlank(value: string | undefined): string | undefined {
  return value?.trim() || undefined
}
