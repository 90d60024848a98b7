import { AuthError, createHeaderMap, type HeaderMap } from '@outbound-auth/core'
import type { ModelProvider } from '../config/model-provider.js'
import { type DefinitionPlaces, variableOf, wireText } from './provider-definition.js'

/**
 * @internal The headers that a model provider's configuration names, as its variables are at each use: beside a key
 * that follows its variable, so that both are of one principal. What was set by hand is lost when a variable changes.
 *
 * The resolver's own references cannot stand here: a variable that is blank leaves its place to the static header of
 * the same name, and letters beyond ASCII go out as UTF-8.
 *
 * @param isKept whether the credential leaves a header of this name alone
 * @throws AuthError `ERR_AUTH_HEADER_VALUE` (build), then and at each use: nothing is sent with half of the headers
 */
export function variableHeaders(
  { http_headers: fixed = {}, env_http_headers: variables = {}, nameOf }: ModelProvider,
  env: DefinitionPlaces['env'],
  isKept: (name: string) => boolean,
): HeaderMap {
  const wanted = Object.entries(variables)
  const readAll = () => wanted.map(([, variable]) => variableOf(env, variable))
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
  // Printing must not fail, so it shows the names that were there last.
  const names = () => [...latest].map(([name]) => name)
  const print = () => `HeaderMap { ${names().join(', ')} }`
  return Object.assign(headers, {
    [Symbol.for('nodejs.util.inspect.custom')]: print,
    toString: print,
    toJSON: names,
  })
}

/** @internal What is wrong with the value of a header; undefined when it may be sent. */
export function valueProblem(value: string): string | undefined {
  if (!/[^\t\x20-\x7e\x80-\u{10ffff}]/u.test(value)) return undefined
  return 'has a character that no header may hold (a line break, perhaps); remove it'
}
