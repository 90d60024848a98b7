import { AuthError, type AuthErrorCode } from '@outbound-auth/core'
import { checkOptions, nearestName } from '@outbound-auth/core/provider'
import { definitionPath, withPath } from '../definition/definition-path.js'

/** @internal Where a reference stands in its definition. */
export interface ReferencePlace {
  /** The beginning of error messages: `Cannot resolve bearer: token`. */
  readonly use: string
  /** `['token']` */
  readonly path: readonly string[]
}

/** @internal The place of a part of a reference. */
export function partOf({ use, path }: ReferencePlace, part: string): ReferencePlace {
  return { use: `${use}.${part}`, path: [...path, part] }
}

/** @internal `checkOptions` for the properties of a reference. @throws TypeError */
export function checkReference(
  { use, path }: ReferencePlace,
  reference: Record<string, unknown>,
  properties: readonly string[],
): Record<string, unknown> {
  try {
    return checkOptions(use, reference, properties)
  } catch (error) {
    throw withPath(error, [...path, ...(definitionPath(error) ?? [])])
  }
}

const places = ['env', 'file', 'command']

/** @internal Rejects a reference to several places. @throws TypeError */
export function checkOnePlace({ use, path }: ReferencePlace, reference: Record<string, unknown>): void {
  const given = places.filter((name) => reference[name] !== undefined)
  if (given.length < 2) return
  const problem = `must have one of ${places.join(', ')}, got ${given.join(' and ')}. Keep one of them`
  throw withPath(new TypeError(`${use} ${problem}`), path)
}

/** @internal The error for an object in place of a secret that is no reference: `{ environment: 'TOKEN' }`. */
export function noReferenceError({ use, path }: ReferencePlace, given: Record<string, unknown>): TypeError {
  const names = Object.keys(given).filter((name) => /^[A-Za-z_]{1,24}$/.test(name))
  const meant = names.map((name) => nearestName(name, places)).find(Boolean)
  const came = `an object with ${names.join(', ') || 'none'}${meant ? `; did you mean ${meant}?` : ''}`
  return withPath(
    new TypeError(`${use} must be a string or have one of ${places.join(', ')}, got ${came}`),
    path,
  )
}

/** @internal A secret cannot be had from its place. */
export function referenceError(
  { use, path }: ReferencePlace,
  problem: string,
  code: AuthErrorCode,
  cause?: unknown,
): AuthError {
  return withPath(AuthError.build(`${use}: ${problem}`, { code, option: path.join('.'), cause }), path)
}

/** @internal A source whose errors name the place of its reference. */
export function atPlace<Options, Secret>(
  { path }: ReferencePlace,
  source: (options: Options) => Secret | Promise<Secret>,
): (options: Options) => Promise<Secret> {
  return async (options) => {
    try {
      return await source(options)
    } catch (error) {
      throw withPath(error, path)
    }
  }
}
