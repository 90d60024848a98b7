import { createExchange } from '@outbound-auth/core/exchange'
import { presignUrl } from '@outbound-auth/sigv4'
import { readPositionals } from '../arguments/read-positionals.js'
import { locatedRequestError } from '../config/located-error.js'
import type { CommandContext } from '../context/command.js'
import { CommandError, usageError } from '../lib/command-error.js'
import { readOutgoing } from '../request/outgoing-request.js'
import { type CapturedOptions, isSource } from '../target/captured-options.js'
import { decideTarget, labelOf } from '../target/resolve-target.js'

type PresignOptions = Parameters<typeof presignUrl>[1]

/** `outbound-auth presign [METHOD] URL|PATH`: a URL that carries its signature, for a program without credentials. */
export async function presignCommand(context: CommandContext): Promise<number> {
  const { args, output, signal, messages } = context
  const { method, target } = readPositionals(args)
  const expiresInMs = readExpiry(args.expires)
  const { choice, remarks, open, resolve } = await decideTarget(target, context)
  for (const note of remarks) messages.note(note)
  const { url } = await resolve()
  let captured: CapturedOptions | undefined
  const resolved = await open?.((options) => {
    captured = options
  })
  if (resolved?.kind !== 'sigv4' || !captured || captured.secret === 'anonymous') {
    throw new CommandError(
      `${labelOf(choice)} signs no URLs: only kind sigv4 with credentials does. Choose such a provider with --provider`,
      { class: 'config', code: 'ERR_CLI_PROVIDER' },
    )
  }
  createExchange(resolved, { allowInsecureTransport: args.allowInsecureTransport }).admits(url)
  const { secret, options } = captured
  const asked = Promise.resolve(isSource(secret) ? secret({ signal, forceRefresh: false }) : secret)
  const credentials = await messages
    .whileWaiting(`for the credentials of ${choice.name}`, asked)
    .catch((error) => {
      throw locatedRequestError(error, choice.locate)
    })
  const { headers: given } = await readOutgoing(context, resolved.headers)
  // The options of the factory that decide how a signature is made; the others are about fetching credentials.
  const { refreshIntervalMs: _, timeoutMs: __, waitUntil: ___, observer: ____, ...policy } = options
  const {
    url: presigned,
    headers,
    expiresAt,
  } = presignUrl({ method, url, headers: [...given] }, {
    ...policy,
    credentials,
    expiresInMs,
  } as unknown as PresignOptions)
  const shown = { provider: choice.name, method, url: presigned, headers, expiresAt: expiresAt.toISOString() }
  await (args.json ? output.writeJson(shown) : output.writeLines([presigned]))
  return 0
}

function readExpiry(text = '3600'): number {
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (seconds >= 1 && seconds <= 604_800) return seconds * 1000
  throw usageError('--expires takes a number of seconds from 1 to 604800 (7 days), such as 900')
}
