import type { SourceOptions, TokenSource } from '@outbound-auth/core'
import type { AwsKeysSource } from '../definition/aws-source.js'
import { isPlainObject } from '../definition/copy-definition.js'
import { definitionError, definitionPath, withPath } from '../definition/definition-path.js'
import type { PlatformReference } from '../definition/secret-reference.js'
import { keepAlive, type OpenHost } from './open-host.js'
import { type OpenedReference, openVariable } from './open-variable.js'
import { atPlace, checkReference, partOf, type ReferencePlace, referenceError } from './reference-place.js'
import type { VariableSnapshot } from './variable-snapshot.js'

const labels: Readonly<Record<string, string>> = {
  githubActions: 'GitHub Actions',
  gcpMetadata: 'the metadata service of Google Cloud',
  azureImds: 'the metadata service of Azure',
}

/**
 * @internal Opens a reference to the subject token of a platform; undefined when the value is no such reference.
 *
 * @throws TypeError when it is malformed; AuthError `ERR_AUTH_UNSUPPORTED` (build) when the host has no such tokens
 */
export function openPlatformReference(
  value: unknown,
  place: ReferencePlace,
  { subjectToken, env }: OpenHost,
): OpenedReference | undefined {
  const name = isPlainObject(value) && Object.keys(labels).find((platform) => value[platform] !== undefined)
  if (!name) return undefined
  const { [name]: options } = checkReference(place, value, [name])
  const path = [...place.path, name]
  if (!isPlainObject(options)) throw definitionError(`${place.use}: ${name} must be an object`, path)
  if (subjectToken === undefined) {
    const remedy =
      'pass createResolver(factories, { subjectToken }) with platformSubjectToken of @outbound-auth/workload-identity/node'
    throw referenceError(place, remedy, 'ERR_AUTH_UNSUPPORTED')
  }
  try {
    const source = subjectToken({ [name]: options } as PlatformReference, { env })
    return { label: labels[name] ?? name, source: atPlace(place, source) }
  } catch (error) {
    throw withPath(error, [...path, ...(definitionPath(error) ?? [])])
  }
}

/** The same source, which keeps its last error. */
function noting(source: TokenSource, seen: { error?: unknown }): TokenSource {
  const noted: TokenSource = async (call) => {
    try {
      return await source(call)
    } catch (error) {
      seen.error = error
      throw error
    }
  }
  return Object.assign(noted, source)
}

const roleOptions = [
  'roleArn',
  'subjectToken',
  'region',
  'sessionName',
  'lifetimeMs',
  'tokenEndpoint',
  'timeoutMs',
]

/**
 * @internal Opens a reference to the credentials of an AWS role; undefined when the value is no such reference.
 *
 * @param region that of the definition, whose AWS STS is asked by default
 * @param openSubject opens the reference of the subject token; undefined when the token is a literal
 * @throws TypeError when it is malformed; AuthError `ERR_AUTH_UNSUPPORTED` (build) when the host cannot assume a role
 */
export function openRoleReference(
  value: unknown,
  place: ReferencePlace,
  host: OpenHost,
  variables: VariableSnapshot,
  region: unknown,
  openSubject: (value: unknown, place: ReferencePlace) => OpenedReference<unknown> | undefined,
): OpenedReference<AwsKeysSource> | undefined {
  if (!isPlainObject(value) || !('roleArn' in value || 'subjectToken' in value)) return undefined
  const { roleArn: given, ...options } = checkReference(place, value, roleOptions)
  const { webIdentityCredentials } = host
  if (webIdentityCredentials === undefined) {
    const remedy =
      'pass createResolver(factories, { webIdentityCredentials }) with webIdentityCredentials of @outbound-auth/workload-identity'
    throw referenceError(place, remedy, 'ERR_AUTH_UNSUPPORTED')
  }
  const roleArn = openVariable(given, partOf(place, 'roleArn'), variables)?.value ?? given
  const subject = openSubject(options['subjectToken'], partOf(place, 'subjectToken'))
  /** The last error of the subject token, which names its own place. */
  const seen: { error?: unknown } = {}
  const source = subject && noting(subject.source as TokenSource, seen)
  const subjectToken = keepAlive(source ?? options['subjectToken'], host.waitUntil)
  try {
    const assume = webIdentityCredentials({
      region: region as string,
      ...options,
      roleArn: roleArn as string,
      subjectToken: subjectToken as string | TokenSource,
    })
    const label = `AWS role ${roleArn} with the token of ${subject?.label ?? 'the definition'}`
    const assumeAtPlace = async (call: SourceOptions) => {
      try {
        return await assume(call)
      } catch (error) {
        throw error === seen.error ? error : withPath(error, place.path)
      }
    }
    return { label, source: Object.assign(assumeAtPlace, assume) }
  } catch (error) {
    throw withPath(error, [...place.path, ...(definitionPath(error) ?? [])])
  }
}
