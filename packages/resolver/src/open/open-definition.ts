import { type AuthProvider, bindAuth } from '@outbound-auth/core'
import { openReference } from '#open-reference'
import { isPlainObject } from '../definition/copy-definition.js'
import { follow } from './follow.js'
import { keepAlive } from './keep-alive.js'
import type { OpenHost } from './open-host.js'
import { openVariable, type VariableNotes } from './open-variable.js'
import type { ResolvedAuth } from './resolved-auth.js'

/** @internal A definition as it is in a file: anything may be missing or wrong. */
export interface UntypedDefinition {
  readonly kind: string
  readonly baseUrl?: string
  readonly allowedOrigins?: readonly string[]
  readonly headers?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, string>>
  readonly allowInsecureTransport?: boolean
}

/** @internal A factory as it is when its types are gone. */
export type UntypedFactory = (options: Readonly<Record<string, unknown>>) => AuthProvider

/**
 * @internal Opens a definition when it is first needed, and again whenever a variable in it has changed: credential and headers
 * are of one moment, and of one principal. For one request both are asked within one turn of the event loop.
 *
 * @param definition a copy
 * @returns binds the one provider of the definition
 * @throws from the returned function: TypeError when a member is malformed, AuthError `ERR_AUTH_MISSING_ENV`, and what the factory
 * and `bindAuth` throw
 */
export function openDefinition(
  definition: UntypedDefinition,
  factory: UntypedFactory,
  host: OpenHost,
): () => ResolvedAuth {
  const { kind, baseUrl, allowedOrigins, headers = {}, query, allowInsecureTransport, ...rest } = definition
  const use = `Cannot resolve ${kind}: `
  // A text is the factory's own option: the parameter that carries the credential.
  const isOption = typeof query === 'string'
  let bindLatest: () => ResolvedAuth
  let noted: VariableNotes | undefined
  let inner: AuthProvider
  let shared: AuthProvider | undefined

  /** What binds the definition with the variables of this moment; another one whenever they have changed. */
  function current(): () => ResolvedAuth {
    if (noted?.every((isSame) => isSame())) return bindLatest
    const notes: VariableNotes = []
    const options: Record<string, unknown> = Object.assign(Object.create(null), rest, isOption && { query })
    const labels: string[] = []
    for (const name in options) {
      // A source is a function, and must not pass for one of these.
      if (/^(now|observer|fetch|waitUntil)$/.test(name)) continue
      const reference = openReference(options[name], use + name, host, notes)
      options[name] = keepAlive(reference?.source ?? options[name], host.waitUntil)
      if (reference) labels.push(reference.label)
    }
    const provider = factory(options)

    if (!isPlainObject(headers)) throw new TypeError(`${use}headers must be an object`)
    const present: [string, string][] = []
    const secretHeaderNames: string[] = []
    for (const [name, value] of Object.entries(headers)) {
      let text = value
      if (typeof value !== 'string') {
        const place = `${use}header ${name}`
        const variable = openVariable(value, place, host, notes, ['env', 'optional'])
        if (!variable) throw new TypeError(`${place} must be a string or { env }`)
        secretHeaderNames.push(name)
        text = variable.text
      }
      // An optional variable that is not set has no text.
      if (typeof text === 'string') present.push([name, text])
    }
    const [header] = provider.headerNames
    const place = header ? `header ${header}` : `query parameter ${provider.queryNames}`
    const what =
      kind === 'none'
        ? `none (${options['reason']})`
        : `${kind} in ${place} from ${labels.join(', ') || 'the definition'}`

    // What reads no variable needs nobody to stand for it.
    shared ??= notes[0] ? follow(provider, () => current() && inner) : provider
    const bind = () => {
      const auth = bindAuth(shared as AuthProvider, {
        baseUrl,
        allowedOrigins,
        headers: present,
        query: isOption ? {} : query,
        secretHeaderNames,
        allowInsecureTransport,
      })
      // The binding itself, since its agentIdentity changes with a recovery.
      return Object.assign(auth, {
        kind,
        reason: `${what}, for ${auth.allowedOrigins.join(', ') || 'no origin'}`,
      })
    }
    bind()
    // Only now, so that an opening that fails in any way leaves the earlier one whole.
    noted = notes
    inner = provider
    bindLatest = bind
    return bind
  }

  return () => {
    let bind = current()
    const auth = bind()
    let { headers: present } = auth
    const headersNow = () => {
      try {
        const earlier = bind
        bind = current()
        if (bind !== earlier) present = bind().headers
      } catch {
        // Headers are also printed. It is the provider who refuses the request.
      }
      return present
    }
    return auth.secretHeaderNames[0] ? Object.assign(auth, { headers: follow(present, headersNow) }) : auth
  }
}
