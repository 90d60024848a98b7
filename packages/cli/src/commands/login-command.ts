import { rm } from 'node:fs/promises'
import { AuthError, type DocumentStore } from '@outbound-auth/core'
import type { LoginResult } from '@outbound-auth/oauth/login'
import { locatedError } from '../config/located-error.js'
import type { CommandContext } from '../context/command.js'
import { CommandError, usageError } from '../lib/command-error.js'
import { checkWritable } from '../lib/private-file.js'
import {
  type EndedLogin,
  isEnded,
  type LoginDocument,
  type LoginPlace,
  loginClient,
  loginPath,
  loginStore,
} from '../oauth/login-document.js'
import { openBrowser } from '../oauth/open-browser.js'
import { clientOf, isLogin, type LoginDefinition } from '../oauth/open-oauth.js'
import type { Choice } from '../target/choose-provider.js'
import { decideTarget, labelOf } from '../target/resolve-target.js'
import type { Target } from '../target/target.js'

/** `outbound-auth login [NAME]`: logs the user in, and keeps the tokens for the other commands. */
export async function loginCommand(context: CommandContext): Promise<number> {
  const { args, output, messages } = context
  const { choice, open, place, notes } = await loginTarget(context)
  for (const note of notes) messages.note(note)
  const options = await optionsOf(open)
  const store = options.store ?? loginStore(place)
  // Before the user logs in, because a login that cannot be kept is lost.
  if (options.store) await store.read()
  else await checkWritable(loginPath(place))
  const login = await logIn(options, context).catch((error) => {
    throw isOfFile(error) ? locatedError(error, choice.locate) : error
  })
  const { name: provider, config } = place
  // The path of a file on this machine says nothing to others.
  const origin = options.store ? '' : config
  const document: LoginDocument = { ...login, provider, config: origin, client: loginClient(place) }
  // Nothing is written before this, so an interrupted login leaves nothing behind.
  await store.update(() => document)
  const { expiresAt = null, issuer = null } = login
  const isRenewed = login.refreshToken !== undefined
  if (!isRenewed) messages.note(unrenewedNote(expiresAt))
  const expiry = expiresAt === null ? '' : `; the token expires at ${expiresAt}`
  const line = `Logged in: ${provider}${expiry}${isRenewed ? ', and is renewed by itself' : ''}`
  const shown = { provider, issuer, expiresAt, renewable: isRenewed }
  await (args.json ? output.writeJson(shown) : output.writeLines([line]))
  return 0
}

/** `outbound-auth logout [NAME]`: removes the kept tokens. */
export async function logoutCommand(context: CommandContext): Promise<number> {
  const { place, open } = await loginTarget(context)
  const shared = place.definition['store'] === undefined ? undefined : (await optionsOf(open)).store
  if (shared) return showLogout(context, place, await endShared(shared, place))
  const store = loginStore(place)
  const remove = () => rm(loginPath(place), { force: true })
  const known = await store.read().catch((error) => {
    if (AuthError.is(error) && error.code === 'ERR_AUTH_STORE_CORRUPT') return remove().then(() => true)
    throw error
  })
  // Under the lock, so that no renewal of another process writes the tokens again.
  if (typeof known === 'object')
    await store.update(async () => {
      await remove()
      return undefined
    })
  return showLogout(context, place, known !== undefined)
}

/** Writes the end of a login into the store of many machines. @returns whether there was one */
async function endShared(store: DocumentStore<LoginDocument>, place: LoginPlace): Promise<boolean> {
  let wasLoggedIn = false
  // Under the lock, so that no renewal of another machine writes the tokens again.
  await (store as DocumentStore<LoginDocument | EndedLogin>).update((login) => {
    wasLoggedIn = login !== undefined && !isEnded(login)
    const { name: provider } = place
    return wasLoggedIn ? { provider, config: '', client: loginClient(place), loggedOut: true } : undefined
  })
  return wasLoggedIn
}

async function showLogout(
  { args, output }: CommandContext,
  place: LoginPlace,
  loggedOut: boolean,
): Promise<number> {
  const line = loggedOut ? `Logged out: ${place.name}` : `Nobody was logged in: ${place.name}`
  await (args.json ? output.writeJson({ provider: place.name, loggedOut }) : output.writeLines([line]))
  return 0
}

/** The options of a login, in which each reference is opened. */
async function optionsOf(open: LoginTarget['open']): Promise<LoginDefinition> {
  let options: LoginDefinition | undefined
  await open((captured) => {
    options = captured.options as unknown as LoginDefinition
  })
  return options as LoginDefinition
}

interface LoginTarget {
  readonly choice: Choice
  readonly open: NonNullable<Target['open']>
  readonly place: LoginPlace
  readonly notes: readonly string[]
}

/** The provider that NAME means: else the default, or the only one. @throws CommandError */
async function loginTarget(context: CommandContext): Promise<LoginTarget> {
  const [name, ...more] = context.args.positionals
  if (more.length > 0) throw usageError('Name one provider: remove the other arguments')
  const args = { ...context.args, provider: name }
  const { choice, open, login: place, notes } = await decideTarget('', { ...context, args })
  const { kind, grant } = choice.definition
  if (kind !== 'oauth' || !open || !place) {
    throw loginProblem(
      `${labelOf(choice)} is of kind ${kind}, which has no login. Name a provider of kind oauth in outbound-auth.toml`,
    )
  }
  if (!isLogin(choice.definition)) {
    throw loginProblem(
      `${labelOf(choice)} gets its tokens with the grant ${grant ?? 'client-credentials'}, which needs no login. To log in as a user, write grant = "authorization-code" or grant = "device-code"`,
    )
  }
  return { choice, open, place, notes }
}

function loginProblem(message: string): CommandError {
  return new CommandError(message, { class: 'config', code: 'ERR_CLI_PROVIDER' })
}

async function logIn(
  options: LoginDefinition,
  { args, messages, signal, env }: CommandContext,
): Promise<LoginResult> {
  const { loginWithBrowser, loginWithDevice } = await import('@outbound-auth/oauth/login')
  const client = clientOf(options)
  if (args.device || options.grant === 'device-code') {
    const { deviceAuthorizationEndpoint } = options
    return loginWithDevice({
      ...client,
      deviceAuthorizationEndpoint,
      signal,
      onCode({ userCode, verificationUri, verificationUriComplete, expiresAt }) {
        messages.say(`Open ${verificationUri} on any device, and type the code ${userCode}`)
        if (verificationUriComplete !== undefined) messages.say(`Or open ${verificationUriComplete}`)
        messages.say(`Waiting until ${expiresAt.toISOString()} for the login; Ctrl-C ends it`)
      },
    })
  }
  const { authorizationEndpoint, redirectHost, redirectPort, redirectPath } = options
  return loginWithBrowser({
    ...client,
    authorizationEndpoint,
    redirectHost,
    redirectPort,
    redirectPath,
    signal,
    openUrl(url) {
      messages.say(`Open this page in a browser on this machine: ${url}`)
      if (env['SSH_CONNECTION'])
        messages.note('over SSH, a browser on another machine cannot come back to this one: use --device')
      if (messages.isTerminal && !args.noBrowser) openBrowser(url, env)
      messages.say('Waiting for the login; Ctrl-C ends it')
    },
  })
}

/** Whether the file is to blame, and not the user or the server of this moment. */
function isOfFile(error: unknown): boolean {
  if (error instanceof TypeError) return true
  return AuthError.is(error) && !error.retryable && error.code !== 'ERR_AUTH_OAUTH_LOGIN'
}

function unrenewedNote(expiresAt: string | null): string {
  const end = expiresAt === null ? 'when the server says so' : `at ${expiresAt}`
  return `the server gave no token to renew the login, so it ends ${end}. Add offline_access to scope if the server knows it`
}
