import { AuthError, type AuthObserver, noAuth } from '@outbound-auth/core'
import { checkOptions, invalidOption, nearestName, notify } from '@outbound-auth/core/provider'
import type { AuthDefinition, AuthFactories } from '../definition/auth-definition.js'
import { copyDefinition, isPlainObject, isSameDefinition } from '../definition/copy-definition.js'
import { definitionError } from '../definition/definition-path.js'
import type { SecretHost } from '../definition/secret-reference.js'
import { shownName } from '../definition/shown-name.js'
import type { StoreFactory } from '../definition/store-reference.js'
import type { OpenHost } from '../reference/open-host.js'
import { liveDefinition } from './live-auth.js'
import type { UntypedDefinition, UntypedFactory } from './open-definition.js'
import type { ResolvedAuth } from './resolved-auth.js'

/** Options of {@link createResolver}. */
export interface ResolverOptions extends SecretHost {
  /**
   * Opens the stores that definitions name: `{ redis: ({ key, encryptionKeys }) => sharedStore({ record: redisRecord({
   * key, evaluate }), encryptionKeys }) }`, with `@outbound-auth/shared-store` and your own client.
   *
   * @default a reference to a store is an error
   */
  readonly stores?: Readonly<Record<string, StoreFactory>> | undefined
  /**
   * Gets the promise of a renewal in the background, so that the runtime waits for it: `waitUntil` of
   * `cloudflare:workers` or of `@vercel/functions`. A `waitUntil` in a definition overrides it.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  /**
   * Gets an event for each decision, with its reason. To get events of requests, pass the observer to the adapter too.
   */
  readonly observer?: AuthObserver | undefined
}

/** Makes providers of definitions. {@link createResolver} returns it. */
export interface AuthResolver<Definition> {
  /**
   * The provider of a definition, with its allowed origins and the reason for it. Equal definitions share one provider
   * and its cache.
   *
   * Variables are read now and at each request. Files and commands are read when a request needs them.
   *
   * `definitionPath` tells which property of the definition an error is about.
   *
   * @throws TypeError when the definition is malformed; the message names the property, and never its value
   * @throws AuthError build: `ERR_AUTH_UNKNOWN_KIND`, `ERR_AUTH_MISSING_ENV`, `ERR_AUTH_UNSUPPORTED` (a file or command
   * in a browser), `ERR_AUTH_ORIGIN` (`baseUrl` is outside `allowedOrigins`), and errors of the factory. At request
   * time, the provider throws `ERR_AUTH_MISSING_FILE` and the codes of commands
   */
  resolve(definition: Definition): Promise<ResolvedAuth>
  /** `resolve` for a value of unknown shape, for example from a file. The value is checked. */
  resolveUnknown(definition: unknown): Promise<ResolvedAuth>
}

const maxEntries = 100

/**
 * Makes a resolver of the factories that the application has installed. Kind `none` needs no factory.
 *
 * A secret in a definition is a reference (`{ env }`, `{ file }`, `{ command }`) or a literal. The resolver reads only
 * the variables that definitions name.
 *
 * @throws TypeError when an option is malformed
 * @example
 * const resolver = createResolver({ bearer: bearerAuth })
 * const baseUrl = 'https://api.example.com'
 * const auth = await resolver.resolve({ kind: 'bearer', token: { env: 'API_TOKEN' }, baseUrl })
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
    'webIdentityCredentials',
    'subjectToken',
    'stores',
    'waitUntil',
    'observer',
  ])
  if (!isPlainObject(factories))
    throw invalidOption('createResolver', 'factories', 'an object as in { bearer: bearerAuth }', factories)
  for (const [kind, factory] of Object.entries(factories))
    if (typeof factory !== 'function')
      throw invalidOption('createResolver', kind, 'a factory as in { bearer: bearerAuth }', factory)
  if (options.env !== undefined && typeof options.env !== 'object')
    throw invalidOption('createResolver', 'env', 'an object', options.env)
  checkStores(options.stores)
  // Without a prototype, a kind such as `constructor` is unknown.
  const known: Readonly<Record<string, UntypedFactory>> = Object.assign(
    Object.create(null),
    { none: noAuth },
    factories,
  )
  const host: OpenHost = Object.assign(options, { directory: workingDirectory(), pipes: new Map() })
  /** The last used definition is first. The list is cut at its end, so definitions in use stay. */
  let entries: (readonly [UntypedDefinition, () => ResolvedAuth])[] = []

  async function resolve(value: unknown): Promise<ResolvedAuth> {
    const definition = copyDefinition(value) as UntypedDefinition
    if (!isPlainObject(definition) || typeof definition.kind !== 'string') {
      const came = isPlainObject(definition)
        ? `one with the kind ${typeof definition.kind}`
        : typeof definition
      const example =
        "such as { kind: 'bearer', token: { env: 'TOKEN' }, baseUrl: 'https://api.example.com' }"
      throw definitionError(
        `Cannot resolve: the definition must be an object with a kind, ${example}; got ${came}`,
        ['kind'],
      )
    }
    const { kind } = definition
    const found = entries.find(([earlier]) => isSameDefinition(earlier, definition))
    const entry = found ?? ([definition, liveDefinition(definition, factoryOf(known, kind), host)] as const)
    entries = [entry, ...entries.filter((other) => other !== entry)].slice(0, maxEntries)
    const resolved = entry[1]()
    const { reason, agentIdentity } = resolved
    notify(options.observer, { type: 'selected', kind, reason, agentIdentity })
    return resolved
  }

  return { resolve, resolveUnknown: resolve }
}

/** @throws AuthError `ERR_AUTH_UNKNOWN_KIND` (build) */
function factoryOf(known: Readonly<Record<string, UntypedFactory>>, kind: string): UntypedFactory {
  const factory = known[kind]
  if (factory) return factory
  const shown = shownName(kind)
  const kinds = Object.keys(known)
  const meant = shown === kind && nearestName(kind, kinds)
  const list = `it has ${kinds.join(', ')}${meant ? `; did you mean ${meant}?` : ''}`
  const remedy = /^(bearer|api-key|sigv4|agent-identity|workload-identity)$/.test(kind)
    ? `install @outbound-auth/${shown} and pass its factory`
    : list
  throw AuthError.build(`Cannot resolve kind "${shown}": ${remedy}`, {
    code: 'ERR_AUTH_UNKNOWN_KIND',
    provider: shown,
    option: 'kind',
  })
}

/** @throws TypeError */
function checkStores(stores: unknown): void {
  if (stores === undefined) return
  if (!isPlainObject(stores))
    throw invalidOption('createResolver', 'stores', 'an object of functions', stores)
  for (const [name, open] of Object.entries(stores))
    if (typeof open !== 'function')
      throw invalidOption('createResolver', `stores.${name}`, 'a function that opens the store', open)
}

/** Undefined if the directory has been removed. Only relative paths need the directory, so that is no error here. */
function workingDirectory(): string | undefined {
  try {
    return globalThis.process?.cwd?.()
  } catch {
    return undefined
  }
}
