import { AuthError } from '@outbound-auth/core'
import { type CommandOptions, runCommand } from '@outbound-auth/core/command'
import type { AwsKeysSource } from '@outbound-auth/resolver'

/**
 * @internal AWS credentials that a command prints, in the form of `credential_process`.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 */
export function exportedCredentials(command: CommandOptions): AwsKeysSource {
  return async ({ signal }) => {
    const output = await runCommand(command, signal)
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = parse(output)
    const expiration = Expiration === undefined ? undefined : new Date(String(Expiration))
    if (typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string') {
      throw outputError('has no AccessKeyId or no SecretAccessKey')
    }
    if (SessionToken !== undefined && typeof SessionToken !== 'string') {
      throw outputError('has a malformed SessionToken')
    }
    if (expiration && Number.isNaN(expiration.getTime())) throw outputError('has a malformed Expiration')
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiration,
    }
  }
}

/** @internal Logs in anew with a command when the credentials of this machine are refused or cannot be loaded. */
export function renewedCredentials(source: AwsKeysSource, command: CommandOptions): AwsKeysSource {
  return async (options) => {
    if (!options.forceRefresh) {
      const held = await Promise.resolve(source(options)).catch(() => undefined)
      if (held) return held
    }
    await runCommand(command, options.signal).catch((error: unknown) => {
      // It need not print anything.
      if (!AuthError.is(error) || error.code !== 'ERR_AUTH_COMMAND_OUTPUT') throw error
    })
    return source({ ...options, forceRefresh: true })
  }
}

function parse(output: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(output))
  } catch {
    throw outputError('is no JSON')
  }
}

function outputError(what: string): AuthError {
  return AuthError.build(`The output of aws.credential_export ${what}`, { code: 'ERR_AUTH_COMMAND_OUTPUT' })
}
