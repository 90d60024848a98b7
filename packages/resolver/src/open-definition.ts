import { type AuthProvider, type BoundAuth, bindAuth } from '@outbound-auth/core'
import { openReference } from '#open-reference'
import { isPlainObject } from './copy-definition.js'
import { follow } from './follow.js'
import { openVariable, readVariable, type VariableHost } from './open-variable.js'
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

/** A definition with the variables of one moment: its credential and its headers are of one principal. */
interface OpenedDefinition {
  readonly provider: AuthProvider
  readonly bind: () => BoundAuth
  readonly reason: string
  readonly noted: ReadonlyMap<string, string | undefined>
}

/**
 * @internal Opens a definition when it is first needed, and again whenever a variable in it has changed. Provider and headers
 * are asked within one turn of the event loop for one request, so they are of the same opening.
 *
 * @param definition a copy
 * @returns binds the one provider of the definition
 * @throws from the returned function: TypeError when a member is malformed, AuthError `ERR_AUTH_MISSING_ENV`, and what the factory
 * and `bindAuth` throw
 */
export function openDefinition(
  definition: UntypedDefinition,
  factory: UntypedFactory,
  host: SecretHost,
): () => ResolvedAuth {
  let latest: OpenedDefinition | undefined
  let shared: AuthProvider | undefined
  const current = () => {
    if (!latest || [...latest.noted].some(([name, text]) => readVariable(name, host) !== text))
      latest = openNow(definition, factory, host)
    return latest
  }
  return () => {
    let opened = current()
    let bound = opened.bind()
    const { kind } = definition
    const { reason, noted } = opened
    if (noted.size === 0) return { ...bound, kind, reason }
    const headers = follow(bound.headers, () => {
      const now = current()
      if (now !== opened) bound = now.bind()
      opened = now
      return bound.headers
    })
    shared ??= follow(bound.provider, () => current().provider)
    return { ...bound, provider: shared, headers, kind, reason }
  }
}

function openNow(definition: UntypedDefinition, factory: UntypedFactory, host: SecretHost): OpenedDefinition {
  const { kind, baseUrl, allowedOrigins, headers = {}, query, ...rest } = definition
  const use = `Cannot resolve ${kind}: `
  // A text is the factory's own option: the parameter that carries the credential.
  const isOption = typeof query === 'string'
  const options: Record<string, unknown> = Object.assign(Object.create(null), rest, isOption && { query })
  const noted = new Map<string, string | undefined>()
  const noting: VariableHost = Object.assign(Object.create(null), host, { noted })
  const labels: string[] = []
  for (const name in options) {
    const reference = openReference(options[name], use + name, noting)
    if (!reference) continue
    if (/^(now|observer|fetch)$/.test(name)) throw new TypeError(`${use + name} takes no reference`)
    options[name] = reference.source
    labels.push(reference.label)
  }
  const provider = factory(options)
  if (provider.kind !== kind) throw new TypeError(`${use}its factory makes ${provider.kind}`)

  if (!isPlainObject(headers)) throw new TypeError(`${use}headers must be an object`)
  const present: [string, string][] = []
  const secretHeaderNames: string[] = []
  for (const [name, value] of Object.entries(headers)) {
    let text: string | undefined
    if (typeof value === 'string') text = value
    else {
      const variable = openVariable(value, `${use}header ${name}`, noting, ['env', 'optional'])
      if (!variable) throw new TypeError(`${use}header ${name} must be a string or { env }`)
      secretHeaderNames.push(name)
      text = variable.text
    }
    // An optional variable that is not set has no text.
    if (text !== undefined) present.push([name, text])
  }
  const parameters = isOption ? {} : query
  const destination = { baseUrl, allowedOrigins, headers: present, query: parameters, secretHeaderNames }
  const bind = () => bindAuth(provider, destination)

  const [header] = provider.headerNames
  const place = header ? `header ${header}` : `query parameter ${provider.queryNames}`
  const source = labels.join(', ') || 'the definition'
  const what = kind === 'none' ? `none (${options['reason']})` : `${kind} in ${place} from ${source}`
  const reason = `${what}, for ${bind().allowedOrigins.join(', ') || 'no origin'}`
  return { provider, bind, reason, noted }
}
