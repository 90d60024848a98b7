import { type AuthProvider, createHeaderMap } from '@outbound-auth/core'
import { createExchange } from '@outbound-auth/core/exchange'
import { openReference } from '#open-reference'
import { isPlainObject } from './copy-definition.js'
import { type OpenedReference, openVariable } from './open-variable.js'
import type { ResolvedAuth } from './resolved-auth.js'
import type { SecretHost } from './secret-reference.js'

/** @internal A definition as it is in a file: anything may be missing or wrong. */
export interface UntypedDefinition {
  readonly kind: string
  readonly baseUrl?: string
  readonly allowedOrigins?: readonly string[]
  readonly headers?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, string>>
}

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
  definition: UntypedDefinition,
  factory: UntypedFactory,
  host: SecretHost,
): () => ResolvedAuth {
  const { kind, baseUrl, allowedOrigins, headers = {}, query = {}, ...rest } = definition
  const use = `Cannot resolve ${kind}: `
  // A text is the factory's own option: the parameter that carries the credential.
  const isOption = typeof query === 'string'
  const options: Record<string, unknown> = Object.assign(Object.create(null), rest, isOption && { query })
  const references: OpenedReference<unknown>[] = []
  for (const name in options) {
    const reference = openReference(options[name], use + name, host)
    if (!reference) continue
    if (/^(now|observer|fetch)$/.test(name)) throw new TypeError(`${use + name} takes no reference`)
    options[name] = reference.source
    references.push(reference)
  }
  const provider = factory(options)
  if (provider.kind !== kind) throw new TypeError(`${use}its factory makes ${provider.kind}`)

  const url = baseUrl === undefined ? undefined : URL.canParse(baseUrl) && new URL(baseUrl)
  if (url !== undefined && !(url && url.href === url.origin + url.pathname && /^http/.test(url.href))) {
    throw new TypeError(`${use}baseUrl must be an http(s) URL without user name, query and fragment`)
  }
  const origins = allowedOrigins ?? (url && Object.freeze([url.origin]))
  if (!origins) throw new TypeError(`${use}baseUrl or allowedOrigins must say where the credential may go`)
  const exchange = createExchange({ provider, allowedOrigins: origins }, { allowInsecureTransport: true })
  if (url) exchange.admits(url.href)

  const parameters = isOption ? {} : query
  if (!isPlainObject(headers) || !isPlainObject(parameters)) {
    throw new TypeError(`${use}headers and query must be objects`)
  }
  const statics = Object.entries(headers).map(([name, value]) => {
    const isSecret = typeof value !== 'string'
    const read = isSecret
      ? openVariable(value, `${use}header ${name}`, host, ['env', 'optional'])?.check
      : () => value
    if (!read) throw new TypeError(`${use}header ${name} must be a string or { env }`)
    return { name: name.toLowerCase(), read, isSecret }
  })
  for (const [name, value] of Object.entries(parameters)) {
    if (typeof value !== 'string') throw new TypeError(`${use}query ${name} must be a string`)
  }

  const [header] = provider.headerNames
  const place = header ? `header ${header}` : `query parameter ${provider.queryNames}`
  const source = references.map(({ label }) => label).join(', ') || 'the definition'
  const what = kind === 'none' ? `none (${options['reason']})` : `${kind} in ${place} from ${source}`
  const resolved = {
    provider,
    kind,
    reason: `${what}, for ${origins.join(', ') || 'no origin'}`,
    baseUrl,
    allowedOrigins: origins,
    query: parameters,
    secretHeaderNames: Object.freeze(statics.filter(({ isSecret }) => isSecret).map(({ name }) => name)),
  }
  return () => {
    for (const { check } of references) check?.()
    const values = statics.map(({ name, read }) => [name, read()] as const)
    // An optional variable that is not set has no text.
    const present = values.filter(([, value]) => value !== undefined) as [string, string][]
    return { ...resolved, headers: createHeaderMap(present) }
  }
}
