import { join } from 'node:path'
import type { DocumentStore } from '@outbound-auth/core'
import { fileStore } from '@outbound-auth/file-store'
import type { LoginResult } from '@outbound-auth/oauth/login'
import { CommandError } from '../lib/command-error.js'
import { sha256 } from '../lib/digest.js'
import { shellWord } from '../lib/escape-controls.js'
import { userFolder } from '../lib/private-file.js'

/** A provider of a configuration file whose user logs in. */
export interface LoginPlace {
  /** The provider's name. */
  readonly name: string
  /** The real path of the folder of its file, and the file's name. */
  readonly config: string
  /** `--config`, as the user wrote it; undefined for a file that was found. */
  readonly named: string | undefined
  readonly definition: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The kept login of one provider: a secret. */
export interface LoginDocument extends LoginResult {
  readonly provider: string
  readonly config: string
  /** The settings that the user has logged in with. */
  readonly client: LoginClient
}

/** The mark of a logout in a shared store. A removed record would look like one that was lost. */
export interface EndedLogin extends Pick<LoginDocument, 'provider' | 'config' | 'client'> {
  readonly loggedOut: true
}

/** The settings of a provider that decide where its tokens come from and where they go. */
export interface LoginClient {
  readonly issuer: string | null
  readonly tokenEndpoint: string | null
  readonly clientId: string | null
  readonly scope: string | null
  readonly audience: string | null
  readonly resources: readonly string[]
  readonly origins: readonly string[]
}

/** The path of the file that keeps the login. Its name says nothing about the provider. */
export function loginPath({ name, config, env }: LoginPlace): string {
  const digest = sha256(JSON.stringify([config, name])).slice(0, 32)
  return join(userFolder('state', env), `login-${digest}.json`)
}

/** The store that keeps the login. Nothing is created before the first change. */
export function loginStore(place: LoginPlace): DocumentStore<LoginDocument> {
  return fileStore({ path: loginPath(place), parse: parseLogin })
}

/** The settings that a login belongs to. A login with other settings is never used. */
export function loginClient({ definition }: LoginPlace): LoginClient {
  const text = (name: string) => {
    const value = definition[name]
    return typeof value === 'string' ? value : null
  }
  const { resource = [], allowedOrigins, baseUrl } = definition
  const origins = Array.isArray(allowedOrigins) ? allowedOrigins : baseUrl === undefined ? [] : [baseUrl]
  return {
    issuer: text('issuer'),
    tokenEndpoint: text('tokenEndpoint'),
    clientId: text('clientId'),
    scope: text('scope'),
    audience: text('audience'),
    resources: [resource].flat().map(String),
    origins: origins.map((origin) => new URL(String(origin)).origin).sort(),
  }
}

/** Whether a login belongs to a provider as its file defines it now. */
export function isLoginOf(login: LoginDocument, place: LoginPlace): boolean {
  return !isEnded(login) && JSON.stringify(login.client) === JSON.stringify(loginClient(place))
}

/** Whether the document says that the user has logged out. */
export function isEnded(login: LoginDocument | EndedLogin): login is EndedLogin {
  return (login as Partial<EndedLogin>).loggedOut === true
}

/**
 * Rejects the change of a shared login that another provider has made: two providers were given one key by mistake.
 * A provider may replace a login of its own name, because its settings change at times.
 *
 * @throws CommandError
 */
export function checkOwner(login: LoginDocument | EndedLogin | undefined, place: LoginPlace): void {
  if (!login || isEnded(login) || login.provider === place.name || isLoginOf(login, place)) return
  throw new CommandError(
    `The store of ${place.name} holds the login of the provider ${login.provider} under the same key. Give each provider a key of its own, or log that one out first`,
    { class: 'config', code: 'ERR_CLI_PROVIDER' },
  )
}

/** The command that logs the user in. */
export function loginCommandLine({ name, named }: LoginPlace): string {
  const config = named === undefined ? '' : ` --config ${shellWord(named)}`
  return `outbound-auth login ${shellWord(name)}${config}`
}

/** Checks a kept login, also one that has ended. @throws TypeError */
export function parseLogin(json: unknown): LoginDocument {
  const { provider, config, client, accessToken } = json as LoginDocument
  const isText = (value: unknown) => typeof value === 'string'
  const isClient = typeof client === 'object' && client !== null
  const isWhole = isText(accessToken) || isEnded(json as LoginDocument)
  if ([provider, config].every(isText) && isWhole && isClient) return json as LoginDocument
  throw new TypeError('not a login')
}
