import type { SourceOptions } from '@outbound-auth/core'
import type { AwsKeys, AwsKeysSource } from '../definition/aws-source.js'
import { definitionError } from '../definition/definition-path.js'
import type { OpenHost } from './open-host.js'
import type { OpenedReference } from './open-variable.js'
import { atPlace, checkReference, partOf, type ReferencePlace, referenceError } from './reference-place.js'

const parts = ['accessKeyId', 'secretAccessKey', 'sessionToken'] as const

/**
 * @internal Opens a reference to AWS credentials; undefined when all parts are literals.
 *
 * @param openPart opens the reference of one part; undefined when the part is a literal
 * @throws TypeError when the reference is malformed
 */
export function openAwsReference(
  reference: Record<string, unknown>,
  place: ReferencePlace,
  host: OpenHost,
  openPart: (part: unknown, place: ReferencePlace) => OpenedReference | undefined,
): OpenedReference<AwsKeysSource> | undefined {
  if (reference['awsChain'] !== undefined) return openChain(reference, place, host)
  const opened = parts.map((part) => [part, openPart(reference[part], partOf(place, part))] as const)
  if (opened.every(([, part]) => part === undefined)) return undefined
  checkReference(place, reference, parts)
  const label = opened.flatMap(([, part]) => part?.label ?? []).join(' and ')
  let current: AwsKeys | undefined
  const source = async (options: SourceOptions) => {
    const keys: Record<string, unknown> = {}
    for (const [name, part] of opened) keys[name] = part ? await part.source(options) : reference[name]
    // A signer finds the derived key of a credentials object again, so equal credentials stay one object.
    const isSame = parts.every((name) => current?.[name] === keys[name])
    if (!isSame) current = keys as unknown as AwsKeys
    return current as AwsKeys
  }
  return { label, source }
}

function openChain(
  reference: Record<string, unknown>,
  place: ReferencePlace,
  host: OpenHost,
): OpenedReference<AwsKeysSource> {
  const { awsChain, profile } = checkReference(place, reference, ['awsChain', 'profile'])
  const invalid = (name: string, needed: string) =>
    definitionError(`${place.use}: ${name} must be ${needed}`, [...place.path, name])
  if (awsChain !== true) throw invalid('awsChain', 'true')
  if (profile !== undefined && (typeof profile !== 'string' || profile.trim() === ''))
    throw invalid('profile', 'a name')
  const { awsCredentials } = host
  if (awsCredentials === undefined) {
    const remedy =
      'pass createResolver(factories, { awsCredentials }) with awsCredentials of @outbound-auth/sigv4/node'
    throw referenceError(place, remedy, 'ERR_AUTH_UNSUPPORTED')
  }
  const source = awsCredentials({ profile, env: host.env })
  return {
    label: profile === undefined ? 'the AWS credentials of this machine' : `AWS profile ${profile}`,
    source: Object.assign(atPlace(place, source), source),
  }
}
