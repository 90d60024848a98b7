import { AuthError, createHeaderMap, type HeaderMap } from '@outbound-auth/core'
import { readEnvironment } from '@outbound-auth/core/provider'
import type { ModelProvider } from '../config/model-provider.js'
import { type DefinitionPlaces, wireText } from './provider-definition.js'

/**
 * @internal The headers of a model provider's configuration, with the present values of its variables. They stand
 * beside a key that follows its variable too, so that both belong to one principal. A header that a caller sets is lost
 * when a variable changes.
 *
 * The live headers of the resolver do not fit: here an empty variable leaves its place to the static header of the same
 * name, letters beyond ASCII are sent as UTF-8, and a malformed value throws at each use.
 *
 * @param isKept whether the credential does not set a header of this name
 * @throws AuthError `ERR_AUTH_HEADER_VALUE` (build), then and at each use: nothing is sent with half of the headers
 */
export function variableHeaders(
  { http_headers: fixed = {}, env_http_headers: variables = {}, nameOf }: ModelProvider,
  env: DefinitionPlaces['env'],
  isKept: (name: string) => boolean,
): HeaderMap {
  const wanted = Object.entries(variables)
  const readAll = () => wanted.map(([, variable]) => readEnvironment(variable, env))
  let seen = readAll()
  let latest = make()

  function make(): HeaderMap {
    const headers = new Map<string, string>()
    const add = (name: string, value: string) => headers.set(name.toLowerCase(), wireText(value))
    for (const [name, value] of Object.entries(fixed)) add(name, value)
    for (const [index, [name, variable]] of wanted.entries()) {
      const value = seen[index]
      if (value === undefined) continue
      const problem = valueProblem(value)
      if (problem !== undefined) {
        const key = nameOf?.('env_http_headers', name) ?? name
        const message = `${key}: the variable ${variable} ${problem}`
        throw AuthError.build(message, { code: 'ERR_AUTH_HEADER_VALUE' })
      }
      add(name, value)
    }
    return createHeaderMap([...headers].filter(([name]) => isKept(name)))
  }

  function current(): HeaderMap {
    const now = readAll()
    if (now.some((value, index) => value !== seen[index])) {
      const earlier = seen
      seen = now
      try {
        latest = make()
      } catch (error) {
        seen = earlier
        throw error
      }
    }
    return latest
  }

  const headers: HeaderMap = {
    get: (name) => current().get(name),
    has: (name) => current().has(name),
    set: (name, value) => current().set(name, value),
    delete: (name) => current().delete(name),
    [Symbol.iterator]: () => current()[Symbol.iterator](),
  }
  // Printing must not throw, so it shows the last known names.
  const names = () => [...latest].map(([name]) => name)
  const print = () => `HeaderMap { ${names().join(', ')} }`
  return Object.assign(headers, {
    [Symbol.for('nodejs.util.inspect.custom')]: print,
    toString: print,
    toJSON: names,
  })
}

/** @internal The problem of a header's value; undefined if it may be sent. */
export function valueProblem(value: string): string | undefined {
  if (!/[^\t\x20-\x7e\x80-\u{10ffff}]/u.test(value)) return undefined
  return 'has a character that no header may hold (a line break, perhaps); remove it'
}
