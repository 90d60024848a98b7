import { type AccessToken, AuthError } from '@outbound-auth/core'
import { createExchange } from '@outbound-auth/core/exchange'
import { checkToken, jwtExpiresAt } from '@outbound-auth/core/provider'
import { locatedRequestError } from '../config/located-error.js'
import type { CommandContext } from '../context/command.js'
import { CommandError } from '../lib/command-error.js'
import { type CapturedOptions, isSource } from '../target/captured-options.js'
import type { Target } from '../target/target.js'
import type { OpenCredential } from './stored-credential.js'

/**
 * Gets the credential itself of a decided provider, with its expiry where that is known.
 *
 * @throws AuthError, CommandError
 */
export async function openCredential(
  target: Target,
  { args, signal }: Pick<CommandContext, 'args' | 'signal'>,
): Promise<OpenCredential> {
  const { choice, open } = target
  const found = open ? await readSource(target, open, signal, args.fresh) : await readHeader(target, signal)
  const { expiresAt } = found
  if (expiresAt !== undefined && expiresAt.getTime() <= Date.now()) {
    throw AuthError.transient(`The credential of ${choice.name} expired at ${expiresAt.toISOString()}`, {
      code: 'ERR_AUTH_EXPIRED',
    })
  }
  return { ...found, provider: choice.name }
}

type Found = Omit<OpenCredential, 'provider'>

async function readSource(
  { choice }: Target,
  open: NonNullable<Target['open']>,
  signal: AbortSignal,
  isFresh: boolean,
): Promise<Found> {
  let captured: CapturedOptions | undefined
  const { kind } = await open((options) => {
    captured = options
  })
  const { secret } = captured ?? {}
  if (secret === undefined) throw noToken(choice.name, kind)
  const options = { signal, forceRefresh: isFresh }
  const value = await Promise.resolve(isSource(secret) ? secret(options) : secret).catch((error) => {
    throw locatedRequestError(error, choice.locate)
  })
  if (value !== null && typeof value === 'object' && 'accessKeyId' in value) {
    const { expiration, ...keys } = value
    return { kind, keys, expiresAt: expiration }
  }
  if (kind === 'sigv4') throw noToken(choice.name, 'anonymous')
  const { token, ...life } = typeof value === 'string' ? { token: value } : value
  const expiresAt = expiryOf(life)
  try {
    checkToken(token, kind, { allowAnyText: isSource(secret) && secret.allowAnyText })
  } catch (error) {
    throw locatedRequestError(error, choice.locate)
  }
  return { kind, token, expiresAt: expiresAt ?? jwtExpiresAt(token) }
}

/** A source dates a token by its life where the clock of this machine may be wrong. */
function expiryOf({ expiresAt, lifetimeMs }: Omit<AccessToken, 'token'>): Date | undefined {
  return lifetimeMs === undefined ? expiresAt : new Date(Date.now() + lifetimeMs)
}

/** The login of a Codex home renews itself, so its token is taken from an authenticated request. */
async function readHeader({ resolve }: Target, signal: AbortSignal): Promise<Found> {
  const { url, resolved } = await resolve()
  const { kind } = resolved
  const { headers } = await createExchange(resolved).prepare({ method: 'GET', url, headers: {}, signal })
  const [, token] = /^Bearer (.+)$/.exec(headers.get('authorization') ?? '') ?? []
  if (token === undefined) throw noToken('the Codex home', kind)
  return { kind, token, expiresAt: jwtExpiresAt(token) }
}

function noToken(name: string, kind: string): CommandError {
  const why = {
    none: 'sends no credential',
    anonymous: 'signs nothing',
    'agent-identity': 'signs each request anew',
    sigv4: 'signs each request anew',
    dpop: 'proves with each request that it has a key, and its token alone is of no use without that key',
  }[kind]
  return new CommandError(
    `${name} ${why ?? 'has no token'}, so there is no token to print. Use outbound-auth request, or headers --curl`,
    { class: 'config', code: 'ERR_CLI_PROVIDER' },
  )
}
