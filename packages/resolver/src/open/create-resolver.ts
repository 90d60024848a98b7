import { AuthError, type AuthObserver, noAuth } from '@outbound-auth/core'
import { checkOptions, notify } from '@outbound-auth/core/provider'
import type { AuthDefinition, AuthFactories } from '../definition/auth-definition.js'
import { copyDefinition, isPlainObject, isSameDefinition } from '../definition/copy-definition.js'
import { definitionError } from '../definition/definition-path.js'
import type { SecretHost } from '../definition/secret-reference.js'
import { shownName } from '../definition/shown-name.js'
import { liveDefinition } from './live-auth.js'
import type { UntypedDefinition, UntypedFactory } from './open-definition.js'
import type { OpenHost } from './open-host.js'
import type { ResolvedAuth } from './resolved-auth.js'

/** Options of {@link createResolver}. */
export interface ResolverOptions extends SecretHost {
  /**
   * Is called with the promise of a renewal of a secret that begins in the background, so that the runtime lets it end: `waitUntil` of
   * `cloudflare:workers` or of `@vercel/functions`. A definition's own goes before it.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  /** Is told of each decision, with its reason; of requests only when a definition, or the adapter, has it as `observer` too. */
  readonly observer?: AuthObserver | undefined
}

/** Turns definitions into providers. Made by {@link createResolver}. */
export interface AuthResolver<Definition> {
  /**
   * The provider for a definition, with where it may go and why it was chosen. Equal definitions share one provider, and so
   * its cache.
   *
   * Variables are read at once and at each request, files and commands when a request needs them.
   *
   * @throws TypeError when the definition is malformed; it names the member, and quotes no value of it
   * @throws AuthError build: `ERR_AUTH_UNKNOWN_KIND`, `ERR_AUTH_MISSING_ENV`, `ERR_AUTH_UNSUPPORTED` (a file or command in a
   * browser), `ERR_AUTH_ORIGIN` (`baseUrl` is outside `allowedOrigins`), and what the factory throws; later, from the provider,
   * `ERR_AUTH_MISSING_FILE` and the codes of commands
   */
  resolve(definition: Definition): Promise<ResolvedAuth>
  /** `resolve` for a value that comes from a file: whatever it is, it is checked. */
  resolveUnknown(definition: unknown): Promise<ResolvedAuth>
}

const maxEntries = 100

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
  given: ResolverOptions = {},
): AuthResolver<AuthDefinition<Factories>> {
  const options = checkOptions('createResolver', given, [
    'env',
    'readFile',
    'runCommand',
    'awsCredentials',
    'waitUntil',
    'observer',
  ])
  // It inherits nothing, so that no kind is found in a prototype.
  const known: Readonly<Record<string, UntypedFactory>> = Object.assign(
    Object.create(null),
    { none: noAuth },
    factories,
  )
  const host: OpenHost = Object.assign(options, { directory: workingDirectory(), pipes: new Map() })
  /** Newest first, so that the definitions in use are found at once and the forgotten ones fall off the end. */
  let entries: (readonly [UntypedDefinition, () => ResolvedAuth])[] = []

  async function resolve(value: unknown): Promise<ResolvedAuth> {
    const definition = copyDefinition(value) as UntypedDefinition
    if (!isPlainObject(definition) || typeof definition.kind !== 'string') {
      throw definitionError('Cannot resolve: the definition must be an object with a kind', ['kind'])
    }
    const { kind } = definition
    const found = entries.find(([earlier]) => isSameDefinition(earlier, definition))
    const entry = found ?? ([definition, liveDefinition(definition, factoryOf(kind), host)] as const)
    entries = [entry, ...entries.filter((other) => other !== entry)].slice(0, maxEntries)
    const resolved = entry[1]()
    const { reason, agentIdentity } = resolved
    notify(options.observer, { type: 'selected', kind, reason, agentIdentity })
    return resolved
  }

  function factoryOf(kind: string): UntypedFactory {
    const factory = known[kind]
    if (factory) return factory
    const shown = shownName(kind)
    const remedy = /^(bearer|api-key|sigv4|agent-identity)$/.test(kind)
      ? `install @outbound-auth/${shown} and pass its factory`
      : `it has ${Object.keys(known).join(', ')}`
    throw AuthError.build(`Cannot resolve kind "${shown}": ${remedy}`, {
      code: 'ERR_AUTH_UNKNOWN_KIND',
      provider: shown,
      option: 'kind',
    })
  }

  return { resolve, resolveUnknown: resolve }
}

/** Where relative paths start. Only a definition that has one cares that there is none. */
function workingDirectory(): string | undefined {
  try {
    return globalThis.process?.cwd?.()
  } catch {
    return undefined
  }
}
