import { isPlainObject } from '../definition/copy-definition.js'
import { definitionError, definitionPath, withPath } from '../definition/definition-path.js'
import type { PlatformReference } from '../definition/secret-reference.js'
import type { OpenHost } from './open-host.js'
import type { OpenedReference } from './open-variable.js'
import { atPlace, checkReference, type ReferencePlace, referenceError } from './reference-place.js'

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
