import { AuthError, type AuthProvider, bindAuth } from '@outbound-auth/core'
import { checkHeaderName, checkHeaderValue, unknownOption, valueInWords } from '@outbound-auth/core/provider'
import { openReference } from '#open-reference'
import { isPlainObject } from '../definition/copy-definition.js'
import { definitionError, definitionPath, withPath } from '../definition/definition-path.js'
import { keepAlive, type OpenHost } from '../reference/open-host.js'
import { openStoreReference } from '../reference/open-store-reference.js'
import { openVariable } from '../reference/open-variable.js'
import { openPlatformReference, openRoleReference } from '../reference/open-workload-reference.js'
import { noReferenceError, type ReferencePlace } from '../reference/reference-place.js'
import type { VariableSnapshot } from '../reference/variable-snapshot.js'
import type { ResolvedAuth } from './resolved-auth.js'

/** @internal A definition from a file, in which properties may be missing or malformed. */
export interface UntypedDefinition {
  readonly kind: string
  readonly baseUrl?: string
  readonly allowedOrigins?: readonly string[]
  readonly headers?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, string>>
  readonly allowInsecureTransport?: boolean
}

/** @internal A factory without its types. */
export type UntypedFactory = (options: Readonly<Record<string, unknown>>) => AuthProvider

/** @internal A definition whose variables have the values of one moment. */
export interface OpenedDefinition {
  readonly provider: AuthProvider
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** The names of the headers whose values are variables. */
  readonly secretHeaderNames: readonly string[]
  /** Which credential this is and where it comes from, in words. */
  readonly credential: string
}

/**
 * @internal Makes the provider and the headers of a definition. Both come from one snapshot of the variables, so that
 * they belong to one principal.
 *
 * @param definition a copy
 * @throws TypeError when a property is malformed, AuthError `ERR_AUTH_MISSING_ENV`, and what the factory throws
 */
export function openDefinition(
  definition: UntypedDefinition,
  factory: UntypedFactory,
  host: OpenHost,
  variables: VariableSnapshot,
): OpenedDefinition {
  const { options, labels } = openOptions(definition, host, variables)
  const provider = makeProvider(definition.kind, factory, options)
  const { kind } = definition
  return { provider, ...openHeaders(definition, variables), credential: credentialInWords() }

  function credentialInWords(): string {
    if (kind === 'none') return `none (${options['reason']})`
    const [header] = provider.headerNames
    const place = header ? `header ${header}` : `query parameter ${provider.queryNames}`
    // The service that issues the token is not the one in the URL.
    const issuer = kind === 'workload-identity' ? ` of ${options['service']}` : ''
    return `${kind}${issuer} in ${place} from ${labels.join(', ') || 'the definition'}`
  }
}

/** The properties of every definition, besides the options of its factory. */
const ownProperties = ['kind', 'baseUrl', 'allowedOrigins', 'headers', 'query', 'allowInsecureTransport']

/** @throws what the factory throws; an error about an unknown option names the properties of a definition as well */
function makeProvider(kind: string, factory: UntypedFactory, options: Record<string, unknown>): AuthProvider {
  try {
    return factory(options)
  } catch (error) {
    const { known, option = '' } = error as { known?: readonly string[]; option?: string }
    const use = `Cannot resolve ${kind}`
    if (AuthError.is(error) && error.code === 'ERR_AUTH_CREDENTIAL' && isPlainObject(options[option]))
      throw noReferenceError({ use: `${use}: ${option}`, path: [option] }, options[option])
    if (option === 'query' && known)
      throw definitionError(`${use}: query must be an object of strings, got a string`, ['query'])
    if (!(error instanceof TypeError) || !Array.isArray(known) || option.includes('.')) throw error
    throw unknownOption(use, option, [...new Set([...known, ...ownProperties])])
  }
}

interface OpenedOptions {
  /** The options of the factory, without a prototype. Each reference is replaced by a source. */
  readonly options: Record<string, unknown>
  /** Where the secrets are, in words. */
  readonly labels: readonly string[]
}

function openOptions(
  definition: UntypedDefinition,
  host: OpenHost,
  variables: VariableSnapshot,
): OpenedOptions {
  const { kind, baseUrl, allowedOrigins, headers, query, allowInsecureTransport, ...rest } = definition
  const given = Object.assign(Object.create(null), rest, isFactoryQuery(query) && { query })
  const labels: string[] = []
  const openPart = (part: unknown, place: ReferencePlace) => openReference(part, place, host, variables)
  const openSubject = (value: unknown, place: ReferencePlace) =>
    openPlatformReference(value, place, host) ?? openPart(value, place)
  const openRole = (value: unknown, place: ReferencePlace) =>
    openRoleReference(value, place, host, variables, given['region'], openSubject)
  const openAll = (values: Readonly<Record<string, unknown>>, path: readonly string[]) => {
    const options = Object.assign(Object.create(null), values)
    for (const name in options) {
      // A source is a function, so a reference here would pass as a clock or an observer.
      if (/^(now|observer|fetch|waitUntil)$/.test(name)) continue
      const at = [...path, name]
      const value = options[name]
      // The client of another server has secrets of its own.
      if (name === 'identityProvider' && isPlainObject(value)) {
        options[name] = openAll(value, at)
        continue
      }
      const place = { use: `Cannot resolve ${kind}: ${at.join('.')}`, path: at }
      const shared = name === 'store' && openStoreReference(value, place, host, openPart)
      if (shared) {
        options[name] = shared.store
        labels.push(shared.label)
        continue
      }
      const reference =
        (name === 'subjectToken' && openPlatformReference(value, place, host)) ||
        (name === 'credentials' && openRole(value, place)) ||
        openPart(value, place)
      options[name] = keepAlive(reference?.source ?? value, host.waitUntil)
      if (reference) labels.push(reference.label)
    }
    return options
  }
  return { options: openAll(given, []), labels }
}

function openHeaders(
  { kind, headers = {} }: UntypedDefinition,
  variables: VariableSnapshot,
): Pick<OpenedDefinition, 'headers' | 'secretHeaderNames'> {
  const use = `Cannot resolve ${kind}:`
  if (!isPlainObject(headers))
    throw definitionError(`${use} headers must be an object, got ${valueInWords(headers)}`, ['headers'])
  const present: [string, string][] = []
  const secretHeaderNames: string[] = []
  for (const [name, given] of Object.entries(headers)) {
    const place = { use: `${use} header ${name}`, path: ['headers', name] }
    let value: unknown = given
    if (typeof given !== 'string') {
      const variable = openVariable(given, place, variables, ['env', 'optional'])
      if (!variable) throw definitionError(`${place.use} must be a string or { env }`, place.path)
      secretHeaderNames.push(name)
      value = variable.value
    }
    // An optional variable that is not set adds no header.
    if (typeof value !== 'string') continue
    checkHeader(name, value, kind, place.path)
    present.push([name, value])
  }
  return { headers: present, secretHeaderNames }
}

function checkHeader(name: string, value: string, kind: string, path: readonly string[]): void {
  try {
    checkHeaderName(name)
    checkHeaderValue(name, value, kind)
  } catch (error) {
    throw withPath(error, path)
  }
}

/**
 * @internal Binds a provider to the origins, headers and parameters of its definition.
 *
 * @param provider that of `opened`, or another one that stands for it
 * @throws TypeError, AuthError as `bindAuth`
 */
export function bindDefinition(
  { kind, baseUrl, allowedOrigins, query, allowInsecureTransport }: UntypedDefinition,
  { headers, secretHeaderNames, credential }: OpenedDefinition,
  provider: AuthProvider,
): ResolvedAuth {
  const auth = bindAuth(provider, {
    baseUrl,
    allowedOrigins,
    headers,
    query: isFactoryQuery(query) ? {} : query,
    secretHeaderNames,
    allowInsecureTransport,
  })
  const reason = `${credential}, for ${auth.allowedOrigins.join(', ') || 'no origin'}`
  // No copy: agentIdentity is a getter, and changes with a recovery.
  return Object.assign(auth, { kind, reason })
}

/** A `query` that is a string is an option of the factory: the parameter that carries the credential. */
function isFactoryQuery(query: unknown): boolean {
  return typeof query === 'string'
}

/**
 * @internal The same error. `definitionPath` finds the property that a factory or `bindAuth` named, with the header
 * spelled as in the definition.
 */
export function withDefinitionPath<E>(error: E, { headers }: UntypedDefinition): E {
  const [option, part = '', ...rest] = definitionPath(error) ?? []
  if (option !== 'headers' || !isPlainObject(headers)) return error
  const spelled = Object.keys(headers).find((name) => name.toLowerCase() === part.toLowerCase())
  return spelled === undefined ? error : withPath(error, [option, spelled, ...rest])
}
