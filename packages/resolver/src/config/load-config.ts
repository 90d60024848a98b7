import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AuthError } from '@outbound-auth/core'
import { documentLimit, readBoundedFile } from '@outbound-auth/core/command'
import { checkOptions } from '@outbound-auth/core/provider'
import { selectBedrock } from '../bedrock/bedrock.js'
import { definitionError } from '../definition/definition-path.js'
import type { AuthResolver } from '../open/create-resolver.js'
import type { ResolvedAuth } from '../open/resolved-auth.js'
import { loginGrants, loginKeys } from './definition-keys.js'
import { propertyOf } from './key-path.js'
import { knownPresets } from './known-presets.js'
import { type Config, configError, type Locate, parseConfig } from './parse-config.js'

/** Options of {@link loadConfig}. */
export interface LoadConfigOptions {
  /** The environment that decides the region of Amazon Bedrock. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /**
   * Reads the region of an AWS profile: `awsRegion` of `@outbound-auth/sigv4/node`. Only Amazon Bedrock needs it.
   *
   * @default the region comes from the file or the environment
   */
  readonly awsRegion?:
    | ((options: {
        readonly profile?: string | undefined
        readonly env: Readonly<Record<string, string | undefined>>
      }) => Promise<string | undefined>)
    | undefined
}

/** An `outbound-auth.toml` that was read. */
export interface AuthConfig extends Config {
  /**
   * Makes the provider of a name: that of a `[providers.NAME]`, else that of a preset. Without a name: the
   * `default_provider`, or the only provider. The `outbound-auth` command takes the same names.
   *
   * The resolver needs the factories of the kinds that the file uses. An error begins with file, line and key.
   *
   * @throws AuthError `ERR_AUTH_CONFIG` (build) when no provider has the name, or a definition is malformed; and the
   * errors of `resolver.resolveUnknown`
   */
  resolve(resolver: Pick<AuthResolver<unknown>, 'resolveUnknown'>, name?: string): Promise<ResolvedAuth>
}

/**
 * Reads an `outbound-auth.toml`, the file of the `outbound-auth` command, for an application: the same file and the
 * same names in both. Node only.
 *
 * A configuration file is code: it runs commands and decides where credentials go. Load only a file that belongs to the
 * application or to its user.
 *
 * @throws AuthError `ERR_AUTH_CONFIG` (build) when the file cannot be read or is wrong, with file, line and key
 * @throws TypeError when an argument is malformed
 * @example
 * const config = await loadConfig('outbound-auth.toml')
 * const auth = await config.resolve(createResolver({ bearer: bearerAuth }), 'gateway')
 * const fetch = authFetch(auth)
 */
export async function loadConfig(path: string | URL, options: LoadConfigOptions = {}): Promise<AuthConfig> {
  if (typeof path !== 'string' && !(path instanceof URL)) {
    throw new TypeError('loadConfig: path must be a string or a file: URL')
  }
  const { env = process.env, awsRegion } = checkOptions('loadConfig', options, ['env', 'awsRegion'])
  const name = typeof path === 'string' ? path : fileURLToPath(path)
  const file = await readBoundedFile(resolve(name), { limit: documentLimit, acceptsPipe: true })
  if (file.problem !== undefined) {
    throw configError(`loadConfig: cannot read ${name}: ${file.code ?? `it ${file.problem}`}. Check the path`)
  }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(file.bytes)
  } catch {
    throw configError(`loadConfig: cannot read ${name}: it is not UTF-8 text. Save it as UTF-8`)
  }
  const place = { directory: dirname(resolve(name)), home: env['HOME'] || homedir() }
  const config = parseConfig(text, { name, ...place, isFound: false })
  return {
    ...config,
    async resolve(resolver, wanted) {
      const { definition, locate } = chooseProvider(config, wanted)
      const isLogin = definition['kind'] === 'oauth' && loginGrants.includes(definition['grant'])
      // A login in a store of many machines is for the application too, with a factory of its own.
      if (isLogin && definition['store'] === undefined) throw loginError(locate)
      const used = isLogin ? withoutLogin(definition) : definition
      try {
        return await resolver.resolveUnknown(await withRegion(used, env, awsRegion))
      } catch (error) {
        throw located(error, locate)
      }
    },
  }
}

/** The definition without the properties that only a login needs: an application uses the login, and makes none. */
function withoutLogin(definition: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const names = Object.keys(loginKeys).filter((key) => key !== 'store')
  const unused = new Set(names.map(propertyOf))
  return Object.fromEntries(Object.entries(definition).filter(([name]) => !unused.has(name)))
}

/** The command keeps the logins of its user, and an application those of its own users. */
function loginError(locate: Locate): AuthError {
  const place = locate(definitionError('loadConfig: a login', ['grant']))
  return configError(
    `${place}: this provider needs a login, which only the outbound-auth command keeps. Add store to share it, or use loginWithBrowser or loginWithDevice of @outbound-auth/oauth/login, and rotatingToken`,
  )
}

function chooseProvider(
  { file, providers, defaultProvider }: Config,
  wanted: string | undefined,
): { readonly definition: Readonly<Record<string, unknown>>; readonly locate: Locate } {
  const names = [...providers.keys()]
  const name = wanted ?? defaultProvider ?? (names.length === 1 ? names[0] : undefined)
  if (name === undefined) {
    throw configError(`${file}: no provider is the default. Name one of ${names.join(', ') || '(none)'}`)
  }
  const found = providers.get(name)
  if (found) return found
  const preset = knownPresets().find((known) => known.name === name)
  if (preset) return { definition: preset.definition, locate: () => `preset ${name}` }
  const known = [...names, ...knownPresets().map((known) => known.name)]
  throw configError(
    `${file}: no provider is called ${JSON.stringify(name)}. Choose one of ${known.join(', ')}`,
  )
}

/** The environment decides the address and the kind of Amazon Bedrock. */
async function withRegion(
  definition: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
  awsRegion: LoadConfigOptions['awsRegion'],
): Promise<Readonly<Record<string, unknown>>> {
  const { kind, headers, query, allowedOrigins, allowInsecureTransport, ...options } = definition
  if (kind !== 'bedrock') return definition
  const { profile } = options as { readonly profile?: string }
  const profileRegion = await awsRegion?.({ profile, env })
  const place = { headers, query, allowedOrigins, allowInsecureTransport }
  return { ...place, ...selectBedrock(options, { env, profileRegion }).definition }
}

function located(error: unknown, locate: Locate): unknown {
  if (error instanceof TypeError) return configError(`${locate(error)}: ${error.message}`)
  if (!AuthError.is(error)) return error
  const { kind, message, code, provider, option, cause } = error
  return new AuthError(kind, `${locate(error)}: ${message}`, { code, provider, option, cause })
}
