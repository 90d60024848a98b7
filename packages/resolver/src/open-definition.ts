import { type AuthProvider, createHeaderMap } from '@outbound-auth/core'
import { createExchange } from '@outbound-auth/core/exchange'
import { openReference } from '#open-reference'
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
  const isOption = typeof query === 'string'
  const options: Record<string, unknown> = Object.assign(Object.create(null), rest, isOption && { query })
  const references: OpenedReference[] = []
  for (const name in options) {
    const reference = openReference(options[name], use + name, host)
    if (!reference) continue
    if (/^(now|observer|fetch)$/.test(name)) throw new TypeError(`${use + name} takes no reference`)
    options[name] = reference.source
    references.push(reference)
  }
  const provider = factory(options)
  if (provider.kind !== kind) throw new TypeError(`${use}its factory makes ${provider.kind}`)

  if (
    baseUrl !== undefined &&
    !(/^https?:\/\/[^/?#@]+(\/[^?#]*)?$/i.test(baseUrl) && URL.canParse(baseUrl))
  ) {
    throw new TypeError(`${use}baseUrl must be a plain http(s) URL`)
  }
  const origins = allowedOrigins ?? (baseUrl && Object.freeze([new URL(baseUrl).origin]))
  const exchange = createExchange(
    { provider, allowedOrigins: origins as readonly string[] },
    { allowInsecureTransport: true },
  )
  if (baseUrl) exchange.admits(baseUrl)

  const secretHeaderNames: string[] = []
  const statics = Object.entries(headers).map(([name, value]) => {
    if (typeof value === 'string') return [name, () => value] as const
    const read = openVariable(value, `${use}header ${name}`, host, ['env', 'optional'])?.check
    if (!read) throw new TypeError(`${use}header ${name} must be a string or { env }`)
    secretHeaderNames.push(name.toLowerCase())
    return [name, read] as const
  })
  if (Object.values(query).some((value) => typeof value !== 'string')) {
    throw new TypeError(`${use}query must hold strings`)
  }

  const [header] = provider.headerNames
  const place = header ? `header ${header}` : `query parameter ${provider.queryNames}`
  const source = references.map(({ label }) => label).join(', ') || 'the definition'
  const credential = kind === 'none' ? `none (${options['reason']})` : `${kind} in ${place} from ${source}`
  const resolved = {
    provider,
    kind,
    reason: `${credential}, for ${origins}`,
    baseUrl,
    allowedOrigins: origins as readonly string[],
    query: isOption ? {} : query,
    secretHeaderNames: Object.freeze(secretHeaderNames),
  }
  return () => {
    for (const { check } of references) check?.()
    const map = createHeaderMap()
    for (const [name, read] of statics) {
      const value = read()
      if (value) map.set(name, value)
    }
    return { ...resolved, headers: map }
  }
}
