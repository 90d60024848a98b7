import { type AuthProvider, bindAuth } from '@outbound-auth/core'
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
 * @internal Builds the provider of a definition, once. The returned function binds it with the variables of this moment.
 *
 * @param definition a copy
 * @throws TypeError when a member is malformed, and what the factory throws; from the returned function also AuthError
 * `ERR_AUTH_MISSING_ENV`, and what `bindAuth` throws
 */
export function openDefinition(
  definition: UntypedDefinition,
  factory: UntypedFactory,
  host: SecretHost,
): () => ResolvedAuth {
  const { kind, baseUrl, allowedOrigins, headers = {}, query, ...rest } = definition
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

  if (!isPlainObject(headers)) throw new TypeError(`${use}headers must be an object`)
  const [header] = provider.headerNames
  const place = header ? `header ${header}` : `query parameter ${provider.queryNames}`
  const source = references.map(({ label }) => label).join(', ') || 'the definition'
  const what = kind === 'none' ? `none (${options['reason']})` : `${kind} in ${place} from ${source}`
  return () => {
    for (const { check } of references) check?.()
    const present: [string, string][] = []
    const secretHeaderNames: string[] = []
    for (const [name, value] of Object.entries(headers)) {
      let text: string | undefined
      if (typeof value === 'string') text = value
      else {
        const variable = openVariable(value, `${use}header ${name}`, host, ['env', 'optional'])
        if (!variable) throw new TypeError(`${use}header ${name} must be a string or { env }`)
        secretHeaderNames.push(name)
        text = variable.check?.()
      }
      // An optional variable that is not set has no text.
      if (text !== undefined) present.push([name, text])
    }
    const auth = bindAuth(provider, {
      baseUrl,
      allowedOrigins,
      headers: present,
      query: isOption ? {} : query,
      secretHeaderNames,
    })
    // The binding itself, since its agentIdentity changes with a recovery.
    return Object.assign(auth, {
      kind,
      reason: `${what}, for ${auth.allowedOrigins.join(', ') || 'no origin'}`,
    })
  }
}
