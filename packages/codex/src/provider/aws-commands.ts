import { AuthError } from '@outbound-auth/core'
import { type CommandOptions, runCommand } from '@outbound-auth/core/command'
import type { AwsKeysSource } from '@outbound-auth/resolver'
import { instantOf } from '../lib/instant.js'

/** @internal A source of AWS credentials that a command renews. */
export interface RenewableKeys extends AwsKeysSource {
  /** The number of runs of the command after rejected credentials. */
  readonly renewalCount: () => number
}

/**
 * @internal AWS credentials that a command prints: in the form of `credential_process`, or below `Credentials`, as
 * `aws sts assume-role` prints them. If both are complete, those below `Credentials` are used.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
export function exportedCredentials(command: CommandOptions): RenewableKeys {
  let count = 0
  const run: AwsKeysSource = async ({ signal, forceRefresh }) => {
    if (forceRefresh) count += 1
    const output = parse(await runCommand(command, signal))
    const inner: Record<string, unknown> = Object(output['Credentials'])
    const isInner = isText(inner['AccessKeyId']) && isText(inner['SecretAccessKey'])
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = isInner ? inner : output
    if (!isText(AccessKeyId) || !isText(SecretAccessKey)) {
      throw outputError('has no AccessKeyId or no SecretAccessKey')
    }
    if (!isAbsent(SessionToken) && typeof SessionToken !== 'string') {
      throw outputError('has a malformed SessionToken')
    }
    const expiration = isAbsent(Expiration) ? undefined : instantOf(Expiration)
    if (!isAbsent(Expiration) && !expiration) {
      throw outputError('has an Expiration that is not an RFC 3339 time')
    }
    // Codex does not send a request with expired credentials either.
    if (expiration && expiration <= new Date()) {
      throw AuthError.transient('aws.credential_export gave credentials that have expired', {
        code: 'ERR_AUTH_EXPIRED',
        provider: 'sigv4',
      })
    }
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken || undefined,
      expiration,
    }
  }
  return Object.assign(run, { renewalCount: () => count })
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined
}

/** @internal Logs in again with a command when the credentials of a source are rejected or cannot be loaded. */
export function renewedCredentials(source: AwsKeysSource, command: CommandOptions): RenewableKeys {
  let count = 0
  const renew: AwsKeysSource = async (options) => {
    if (!options.forceRefresh) {
      const held = await Promise.resolve(source(options)).catch(() => undefined)
      if (held) return held
    }
    await runCommand(command, options.signal).catch((error: unknown) => {
      // The command need not print anything.
      if (!AuthError.is(error) || error.code !== 'ERR_AUTH_COMMAND_OUTPUT') throw error
    })
    count += 1
    return source({ ...options, forceRefresh: true })
  }
  return Object.assign(renew, { renewalCount: () => count })
}

function parse(output: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(output))
  } catch {
    throw outputError('is not JSON')
  }
}

function outputError(what: string): AuthError {
  return AuthError.build(`The output of aws.credential_export ${what}`, { code: 'ERR_AUTH_COMMAND_OUTPUT' })
}
