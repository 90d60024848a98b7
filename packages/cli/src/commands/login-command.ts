import { AuthError } from '@outbound-auth/core'
import type { LoginResult } from '@outbound-auth/oauth/login'
import { locatedError, locatedRequestError } from '../config/located-error.js'
import type { CommandContext } from '../context/command.js'
import { checkWritable } from '../lib/private-file.js'
import {
  checkOwner,
  type LoginDocument,
  loginClient,
  loginPath,
  loginStore,
} from '../oauth/login-document.js'
import { openBrowser } from '../oauth/open-browser.js'
import { clientOf, type LoginDefinition } from '../oauth/open-oauth.js'
import { loginTarget, optionsOf } from '../target/login-target.js'

/** `outbound-auth login [NAME]`: logs the user in, and keeps the tokens for the other commands. */
export async function loginCommand(context: CommandContext): Promise<number> {
  const { args, output, messages } = context
  const target = await loginTarget(context)
  const { choice, place, remarks } = target
  for (const note of remarks) messages.note(note)
  const options = await optionsOf(target)
  const store = options.store ?? loginStore(place)
  const throwLocated = (error: unknown) => {
    throw locatedRequestError(error, choice.locate)
  }
  // Before the user logs in, because a login that cannot be kept is lost.
  if (options.store) checkOwner(await store.read().catch(throwLocated), place)
  else await checkWritable(loginPath(place))
  const login = await logIn(options, context).catch((error) => {
    throw isOfFile(error) ? locatedError(error, choice.locate) : error
  })
  const { name: provider, config } = place
  // The path of a file on this machine says nothing to others.
  const origin = options.store ? '' : config
  const document: LoginDocument = { ...login, provider, config: origin, client: loginClient(place) }
  // Nothing is written before this, so an interrupted login leaves nothing behind.
  await store.update((current) => {
    if (options.store) checkOwner(current, place)
    return document
  })
  const { expiresAt = null, issuer = null } = login
  const isRenewed = login.refreshToken !== undefined
  if (!isRenewed) messages.note(unrenewedNote(expiresAt))
  const expiry = expiresAt === null ? '' : `; the token expires at ${expiresAt}`
  const line = `Logged in: ${provider}${expiry}${isRenewed ? ', and is renewed by itself' : ''}`
  const shown = { provider, issuer, expiresAt, renewable: isRenewed }
  await (args.json ? output.writeJson(shown) : output.writeLines([line]))
  return 0
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
