import { rm } from 'node:fs/promises'
import { AuthError, type DocumentStore } from '@outbound-auth/core'
import { locatedRequestError } from '../config/located-error.js'
import type { CommandContext } from '../context/command.js'
import {
  checkOwner,
  type EndedLogin,
  isEnded,
  isLoginOf,
  type LoginDocument,
  type LoginPlace,
  loginClient,
  loginPath,
  loginStore,
} from '../oauth/login-document.js'
import { clientOf } from '../oauth/open-oauth.js'
import { type LoginTarget, loginTarget, optionsOf } from '../target/login-target.js'

/** `outbound-auth logout [NAME]`: removes the kept tokens, and revokes them at the server. */
export async function logoutCommand(context: CommandContext): Promise<number> {
  const { args, output, messages } = context
  const target = await loginTarget(context)
  const { place, choice } = target
  const shared = place.definition['store'] === undefined ? undefined : (await optionsOf(target)).store
  const removing = shared ? endShared(shared, place) : removeLogin(place)
  const removed = await messages.whileWaiting('for the store of the login', removing).catch((error) => {
    throw locatedRequestError(error, choice.locate)
  })
  const loggedOut = removed !== undefined
  const problem = removed && (await revoke(removed, target, context))
  if (problem !== undefined)
    messages.note(`the tokens stay valid at the server until they expire: ${problem}`)
  const revoked = loggedOut && problem === undefined
  const ending = revoked ? ', and the server has revoked the tokens' : ''
  const line = loggedOut ? `Logged out: ${place.name}${ending}` : `Nobody was logged in: ${place.name}`
  const shown = { provider: place.name, loggedOut, revoked }
  await (args.json ? output.writeJson(shown) : output.writeLines([line]))
  return 0
}

/** The login that was removed; `'unreadable'` for a file that could not be read, undefined for no file. */
async function removeLogin(place: LoginPlace): Promise<LoginDocument | 'unreadable' | undefined> {
  const store = loginStore(place)
  const remove = () => rm(loginPath(place), { force: true })
  try {
    if ((await store.read()) === undefined) return undefined
    let removed: LoginDocument | undefined
    // Under the lock, so that no renewal of another process writes the tokens again, and these are the newest.
    await store.update(async (current) => {
      removed = current
      await remove()
      return undefined
    })
    return removed
  } catch (error) {
    if (!AuthError.is(error) || error.code !== 'ERR_AUTH_STORE_CORRUPT') throw error
    await remove()
    return 'unreadable'
  }
}

/** Writes the end of a login into the store of many machines. @returns the login, if there was one */
async function endShared(
  store: DocumentStore<LoginDocument>,
  place: LoginPlace,
): Promise<LoginDocument | undefined> {
  let ended: LoginDocument | undefined
  // Under the lock, so that no renewal of another machine writes the tokens again, and these are the newest.
  await (store as DocumentStore<LoginDocument | EndedLogin>).update((login) => {
    checkOwner(login, place)
    ended = login === undefined || isEnded(login) ? undefined : login
    const { name: provider } = place
    return ended && { provider, config: '', client: loginClient(place), loggedOut: true }
  })
  return ended
}

/** Revokes the tokens. Returns why they are still valid; undefined if they are not. */
async function revoke(
  removed: LoginDocument | 'unreadable',
  target: LoginTarget,
  { messages, signal }: CommandContext,
): Promise<string | undefined> {
  const { place } = target
  if (removed === 'unreadable') return 'the file of the login could not be read'
  // The tokens belong to another server then, which must not be shown to this one.
  if (!isLoginOf(removed, place)) return 'the login was made with other settings of this provider'
  try {
    const { revokeLogin } = await import('@outbound-auth/oauth/login')
    const options = await optionsOf(target)
    const { revocationEndpoint } = options
    const { accessToken, refreshToken } = removed
    const login = { accessToken, refreshToken }
    const revoking = revokeLogin({ ...clientOf(options), revocationEndpoint, login, signal })
    const isRevoked = await messages.whileWaiting('for the server to revoke the tokens', revoking)
    return isRevoked ? undefined : 'the server has no revocation endpoint that is known'
  } catch (error) {
    if (signal.aborted) throw error
    return (error as Error).message
  }
}
