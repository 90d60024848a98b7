import { type AuthProvider, createHeaderMap } from '@outbound-auth/core'
import { isPlainObject } from './copy-definition.js'
import type { ResolvedAuth } from './resolved-auth.js'
import { isDuration, missingEnv, openReference, readEnv, type SecretHost } from './secret-reference.js'

/** @internal A factory as it is when its types are gone. */
export type UntypedFactory = (options: Readonly<Record<string, unknown>>) => AuthProvider

/**
 * @internal Builds the provider of a definition, once. The returned function binds it: reads the variables of this
 * moment, and fails when one is missing.
 *
 * @param definition a copy
 * @throws TypeError when a member is malformed, and what the factory throws
 */
export function openDefinition(
  definition: Readonly<Record<string, unknown>>,
  kind: string,
  factory: UntypedFactory,
  host: SecretHost,
): () => ResolvedAuth {
  const fault = (name: string, problem: string) =>
    new TypeError(`Cannot resolve kind ${JSON.stringify(kind)}: ${name} ${problem}`)
  const { baseUrl, allowedOrigins, headers = {}, query } = definition
  const use = (what: string) => `Cannot get ${what} of kind ${JSON.stringify(kind)}`
  const options: Record<string, unknown> = Object.create(null)
  const labels: string[] = []
  const checks: (() => void)[] = []
  const isKeyName = typeof query === 'string'

  for (const [name, value] of Object.entries(definition)) {
    if (/^(kind|baseUrl|allowedOrigins|headers)$/.test(name) || (name === 'query' && !isKeyName)) continue
    if (name.endsWith('Ms') && !isDuration(name, value)) throw fault(name, 'must be a number of milliseconds')
    if (/^(now|observer|fetch)$/.test(name) && typeof value !== 'function')
      throw fault(name, 'must be a function')
    const reference = openReference(value, use(name), host)
    options[name] = reference?.source ?? value
    if (reference === undefined) continue
    labels.push(reference.label)
    checks.push(reference.check)
  }
  const provider = factory(options)
  if (provider.kind !== kind) throw fault('its factory', `makes kind ${JSON.stringify(provider.kind)}`)

  if (baseUrl === undefined && allowedOrigins === undefined) {
    throw fault('baseUrl', 'and allowedOrigins are missing: where may the credential go?')
  }
  const home = baseUrl === undefined ? [] : [originOf(baseUrl, /^https?:\/\/[^/?#@\\]+(\/[^?#]*)?$/i)]
  if (home.includes(''))
    throw fault('baseUrl', 'must be an http(s) URL without user name, query and fragment')
  const origins = Array.isArray(allowedOrigins)
    ? allowedOrigins.map((entry) => originOf(entry, /^https?:\/\/[^/?#@\\*]+\/?$/i))
    : [...home]
  if ((allowedOrigins !== undefined && !Array.isArray(allowedOrigins)) || origins.includes('')) {
    throw fault('allowedOrigins', 'must be a list of http(s) origins, such as https://api.example.com')
  }
  if (home.some((origin) => !origins.includes(origin))) {
    throw fault('allowedOrigins', 'must have the origin of baseUrl, or no request can be sent')
  }

  if (!isPlainObject(headers)) throw fault('headers', 'must be an object')
  const statics = Object.entries(headers).map(([name, value]) => {
    if (provider.headerNames.includes(name.toLowerCase()))
      throw fault(`headers.${name}`, 'is set by the credential')
    if (typeof value === 'string') return { name, read: () => value }
    const { optional, ...reference } = isPlainObject(value) ? value : {}
    const { env } = reference
    if (openReference(reference, `headers.${name}`, host) === undefined || typeof env !== 'string') {
      throw fault(`headers.${name}`, 'must be a string or { env, optional }')
    }
    const read = () =>
      readEnv(host, env) ?? (optional === true ? undefined : missingEnv(env, use(`header ${name}`)))
    return { name, read, isSecret: true }
  })
  const secretHeaderNames = statics.filter(({ isSecret }) => isSecret).map(({ name }) => name.toLowerCase())
  const parameters = isKeyName ? {} : { ...(query as Record<string, string> | undefined) }
  if (
    !(query === undefined || isKeyName || isPlainObject(query)) ||
    Object.values(parameters).some((value) => typeof value !== 'string')
  ) {
    throw fault('query', 'must be an object of strings')
  }

  const resolved = {
    provider,
    kind,
    reason: reasonOf(provider, options, labels, origins),
    baseUrl: baseUrl as string | undefined,
    allowedOrigins: Object.freeze(origins),
    query: Object.freeze(parameters),
    secretHeaderNames: Object.freeze(secretHeaderNames),
  }
  return () => {
    for (const check of checks) check()
    const map = createHeaderMap()
    for (const { name, read } of statics) {
      const value = read()
      if (value !== undefined) map.set(name, value)
    }
    return { ...resolved, headers: map }
  }
}

/** The origin of a URL; empty when it is none, or has parts that it should not have. */
function originOf(text: unknown, form: RegExp): string {
  return typeof text === 'string' && form.test(text) && URL.canParse(text) ? new URL(text).origin : ''
}

/** Which credential goes where, and where it comes from. */
function reasonOf(
  { kind, headerNames: [header], queryNames: [parameter] = [] }: AuthProvider,
  options: Readonly<Record<string, unknown>>,
  labels: readonly string[],
  origins: readonly string[],
): string {
  const place = header ? ` in header ${header}` : parameter ? ` in query parameter ${parameter}` : ''
  const hasFunction = Object.values(options).some((value) => typeof value === 'function')
  const source = labels.join(', ') || (hasFunction ? 'a function' : 'the definition')
  const credential =
    kind === 'none' ? `no credential (${options['reason']})` : `${kind}${place} from ${source}`
  return `${credential}, for ${origins.join(', ') || 'no origin'}`
}
