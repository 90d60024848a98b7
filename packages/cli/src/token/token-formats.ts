import { CommandError, usageError } from '../lib/command-error.js'
import type { OpenCredential } from './stored-credential.js'

/** The formats of `--format`. */
export const tokenFormats = [
  'plain',
  'json',
  'codex',
  'anthropic',
  'aws-credential-process',
  'kubectl',
] as const

/** A format of `--format`. */
export type TokenFormat = (typeof tokenFormats)[number]

/** Checks `--format`. @throws CommandError `ERR_CLI_USAGE` */
export function readFormat(text = 'plain'): TokenFormat {
  const format = tokenFormats.find((known) => known === text)
  if (format === undefined) throw usageError(`--format must be one of ${tokenFormats.join(', ')}`)
  return format
}

/**
 * The credential as another program reads it: one line.
 *
 * - `codex`: the token alone, as `auth.command` of a model provider prints it.
 * - `anthropic`: the key alone, as `apiKeyHelper` of Claude Code prints it.
 * - `aws-credential-process`: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 * - `kubectl`: https://kubernetes.io/docs/reference/config-api/client-authentication.v1/
 *
 * @throws CommandError `ERR_CLI_PROVIDER` when the program needs another kind of credential
 */
export function formatCredential(
  format: TokenFormat,
  credential: OpenCredential,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const { provider, kind, token, keys, expiresAt } = credential
  if (format === 'json') {
    return JSON.stringify({
      provider,
      kind,
      ...(keys ? keys : { token }),
      expiresAt: expiresAt?.toISOString() ?? null,
    })
  }
  if (format === 'aws-credential-process') {
    if (!keys)
      throw wrongKind(provider, 'a token', 'AWS keys', 'Choose a provider of kind sigv4, or another --format')
    const { accessKeyId, secretAccessKey, sessionToken } = keys
    return JSON.stringify({
      Version: 1,
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      ...(sessionToken !== undefined && { SessionToken: sessionToken }),
      ...(expiresAt && { Expiration: expiresAt.toISOString() }),
    })
  }
  if (token === undefined) {
    throw wrongKind(
      provider,
      'AWS keys',
      'a token',
      'Write --format aws-credential-process, or use outbound-auth presign',
    )
  }
  if (format !== 'kubectl') return token
  const expiry = expiresAt && { expirationTimestamp: expiresAt.toISOString().replace(/\.\d+Z$/, 'Z') }
  return JSON.stringify({
    apiVersion: execVersion(env['KUBERNETES_EXEC_INFO']),
    kind: 'ExecCredential',
    status: { token, ...expiry },
  })
}

/** kubectl takes the version that it asked for, and no other. */
function execVersion(info = '{}'): string {
  const [, version = 'v1'] =
    /"apiVersion":\s*"client\.authentication\.k8s\.io\/(v1|v1beta1)"/.exec(info) ?? []
  return `client.authentication.k8s.io/${version}`
}

function wrongKind(provider: string, has: string, needed: string, remedy: string): CommandError {
  return new CommandError(`${provider} has ${has}, and this format needs ${needed}. ${remedy}`, {
    class: 'config',
    code: 'ERR_CLI_PROVIDER',
  })
}
