import { AuthError, type AuthObserver, checkOptions, type NoAuth, noAuth } from '@outbound-auth/core'
import type { AuthDefinition, AuthFactories } from './auth-definition.js'
import { copyDefinition, isPlainObject, isSameDefinition } from './copy-definition.js'
import { openDefinition, type UntypedFactory } from './open-definition.js'
import type { ResolvedAuth } from './resolved-auth.js'
import type { SecretHost } from './secret-reference.js'

/** Options of {@link createResolver}. */
export interface ResolverOptions extends SecretHost {
  /** Is told of each decision, with its reason. */
  readonly observer?: AuthObserver | undefined
}

/** Turns definitions into providers. Made by {@link createResolver}. */
export interface AuthResolver<Definition> {
  /**
   * The provider for a definition, with where it may go and why it was chosen. Equal definitions share one provider, and so
   * its cache.
   *
   * Variables are read at once, files and commands when a request needs them.
   *
   * @throws TypeError when the definition is malformed; it names the member, and quotes no value of it
   * @throws AuthError build: `ERR_AUTH_UNKNOWN_KIND`, `ERR_AUTH_MISSING_ENV`, and what the factory throws
   */
  resolve(definition: Definition): Promise<ResolvedAuth>
  /** `resolve` for a value that comes from a file: whatever it is, it is checked. */
  resolveUnknown(definition: unknown): Promise<ResolvedAuth>
}

interface Entry {
  readonly definition: unknown
  readonly bind: () => ResolvedAuth
}

const maxEntries = 100
const ownFactories: Readonly<Record<string, string>> = {
  bearer: 'bearerAuth',
  'api-key': 'apiKeyAuth',
  sigv4: 'sigV4Auth',
  'agent-identity': 'agentIdentityAuth',
}

/**
 * Makes a resolver of the factories that the application has installed; kind `none` is always known.
 *
 * A secret in a definition is a reference (`{ env }`, `{ file }`, `{ command }`) or the literal. Only the resolver reads the
 * environment, and only the variables that definitions name.
 *
 * @throws TypeError when an option is malformed
 * @example
 * const resolver = createResolver({ bearer: bearerAuth })
 * const auth = await resolver.resolve({ kind: 'bearer', token: { env: 'API_TOKEN' }, baseUrl: 'https://api.example.com' })
 * const fetch = authFetch(auth)
 */
export function createResolver<const Factories extends AuthFactories<Factories>>(
  factories: Factories,
  options: ResolverOptions = {},
): AuthResolver<AuthDefinition<Factories>> {
  checkOptions('createResolver', options, ['env', 'readFile', 'runCommand', 'observer'])
  const { observer, ...host } = options
  const known = { none, ...factories } as unknown as Readonly<Record<string, UntypedFactory>>
  for (const [kind, factory] of Object.entries(known)) {
    if (typeof factory !== 'function') throw new TypeError(`createResolver: ${kind} is not a factory`)
  }
  const entries: Entry[] = []

  function open(definition: Readonly<Record<string, unknown>>): Entry {
    const { kind } = definition
    if (typeof kind !== 'string') throw new TypeError('Cannot resolve: kind must be a string')
    const factory = Object.hasOwn(known, kind) ? known[kind] : undefined
    if (factory === undefined) throw unknownKind(kind, Object.keys(known))
    return { definition, bind: openDefinition(definition, kind, factory, host) }
  }

  /** Newest first, so that the definitions in use are found at once and the forgotten ones fall off the end. */
  function entryOf(definition: Readonly<Record<string, unknown>>): Entry {
    const index = entries.findIndex((entry) => isSameDefinition(entry.definition, definition))
    const entry = entries[index] ?? open(definition)
    if (index !== 0) {
      if (index > 0) entries.splice(index, 1)
      entries.unshift(entry)
      entries.length = Math.min(entries.length, maxEntries)
    }
    return entry
  }

  async function resolveUnknown(value: unknown): Promise<ResolvedAuth> {
    const definition = copyDefinition(value)
    if (!isPlainObject(definition)) throw new TypeError('Cannot resolve: a definition must be a plain object')
    const resolved = entryOf(definition).bind()
    const { kind, reason } = resolved
    try {
      observer?.({ type: 'selected', kind, reason })
    } catch {
      // An observer is a guest: its failure is not the request's.
    }
    return resolved
  }

  return { resolve: resolveUnknown, resolveUnknown }
}

/** `noAuth` as strict as the other factories. */
function none(options: { readonly reason: string }): NoAuth {
  checkOptions('noAuth', options, ['reason'])
  return noAuth(options)
}

function unknownKind(kind: string, known: readonly string[]): AuthError {
  const name = JSON.stringify(kind)
  const factory = Object.hasOwn(ownFactories, kind) && ownFactories[kind]
  const key = kind.includes('-') ? `'${kind}'` : kind
  return AuthError.build(
    factory
      ? `Cannot resolve kind ${name}: install @outbound-auth/${kind} and pass createResolver({ ${key}: ${factory} })`
      : `Cannot resolve kind ${name}: createResolver was given no factory for it, only ${known.join(', ')}`,
    { code: 'ERR_AUTH_UNKNOWN_KIND', provider: kind },
  )
}
