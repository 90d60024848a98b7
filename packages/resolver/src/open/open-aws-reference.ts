import { AuthError, type SourceOptions } from '@outbound-auth/core'
import { checkOptions } from '@outbound-auth/core/provider'
import type { AwsKeys, AwsKeysSource } from '../definition/aws-source.js'
import { isPlainObject } from '../definition/copy-definition.js'
import type { OpenHost } from './open-host.js'
import type { OpenedReference, VariableNotes } from './open-variable.js'

type OpenSecret = (
  value: unknown,
  use: string,
  host: OpenHost,
  notes: VariableNotes,
) => OpenedReference | undefined

const parts = ['accessKeyId', 'secretAccessKey', 'sessionToken'] as const

/**
 * @internal Opens a reference to AWS credentials; undefined when the value is not a reference, for example literal credentials.
 *
 * @param openSecret opens the reference of one part
 * @throws TypeError when it is a reference and is malformed
 */
export function openAwsReference(
  value: unknown,
  use: string,
  host: OpenHost,
  notes: VariableNotes,
  openSecret: OpenSecret,
): OpenedReference<AwsKeysSource> | undefined {
  if (!isPlainObject(value)) return undefined
  if (value['awsChain'] !== undefined) return openChain(value, use, host)
  const opened = parts.map((part) => [part, openSecret(value[part], `${use}.${part}`, host, notes)] as const)
  if (opened.every(([, reference]) => reference === undefined)) return undefined
  checkOptions(use, value, parts)
  const label = opened.flatMap(([, reference]) => reference?.label ?? []).join(' and ')
  let current: AwsKeys | undefined
  const source = async (options: SourceOptions) => {
    const keys: Record<string, unknown> = {}
    for (const [part, reference] of opened)
      keys[part] = reference ? await reference.source(options) : value[part]
    // The same object for the same credentials, so that a key derived from it is found again.
    const isSame = parts.every((part) => current?.[part] === keys[part])
    if (!isSame) current = keys as unknown as AwsKeys
    return current as AwsKeys
  }
  return { label, source }
}

function openChain(
  value: Record<string, unknown>,
  use: string,
  host: OpenHost,
): OpenedReference<AwsKeysSource> {
  const { awsChain, profile } = checkOptions(use, value, ['awsChain', 'profile'])
  if (awsChain !== true) throw new TypeError(`${use}: awsChain must be true`)
  if (profile !== undefined && (typeof profile !== 'string' || profile.trim() === '')) {
    throw new TypeError(`${use}: profile must be a name`)
  }
  const { awsCredentials } = host
  if (awsCredentials === undefined) {
    throw AuthError.build(
      `${use}: pass createResolver(factories, { awsCredentials }) with awsCredentials of @outbound-auth/sigv4/node`,
      { code: 'ERR_AUTH_UNSUPPORTED', provider: 'sigv4' },
    )
  }
  const source = awsCredentials({ profile, env: host.env })
  return {
    label: profile === undefined ? 'the AWS credentials of this machine' : `AWS profile ${profile}`,
    source,
  }
}
