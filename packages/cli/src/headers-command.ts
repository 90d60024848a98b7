import { createExchange } from '@outbound-auth/core/exchange'
import type { CommandContext } from './command.js'
import { locatedRequestError } from './located-error.js'
import { readOutgoing } from './outgoing-request.js'
import { redactHeaders, redactUrl } from './redact-request.js'
import { decideTarget, labelOf, readPositionals } from './resolve-target.js'

/** `outbound-auth headers [METHOD] URL|PATH`: authenticates a request and shows it instead of sending it. */
export async function headersCommand(context: CommandContext): Promise<number> {
  const { args, output, signal } = context
  const { method, target } = readPositionals(args.positionals, args.data !== undefined)
  const { choice, resolve } = await decideTarget(target, context)
  const { url, resolved } = await resolve()
  const outgoing = await readOutgoing(context, resolved.headers)
  const { allowInsecureTransport } = args
  const request = await createExchange(resolved, { allowInsecureTransport })
    .prepare({ ...outgoing, method, url, signal })
    .catch((error) => {
      throw locatedRequestError(error, choice.locate)
    })
  const shownUrl = args.reveal ? request.url : redactUrl(request.url, resolved)
  const headers = args.reveal ? [...request.headers] : redactHeaders(request.headers, resolved)
  if (args.json) {
    const { kind, reason } = resolved
    const shown = { method, url: shownUrl, headers: Object.fromEntries(headers) }
    await output.write(`${JSON.stringify({ provider: choice.name, kind, reason, request: shown })}\n`)
  } else {
    const lines = headers.map(([name, value]) => `${name}: ${value}\n`)
    await output.write(`# ${labelOf(choice)}: ${resolved.reason}\n${method} ${shownUrl}\n${lines.join('')}`)
  }
  return 0
}
