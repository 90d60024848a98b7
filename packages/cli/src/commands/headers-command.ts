import { createExchange } from '@outbound-auth/core/exchange'
import { readPositionals } from '../arguments/read-positionals.js'
import { locatedRequestError } from '../config/located-error.js'
import type { CommandContext } from '../context/command.js'
import { usageError } from '../lib/command-error.js'
import { curlConfig } from '../request/curl-config.js'
import { readOutgoing } from '../request/outgoing-request.js'
import { redactHeaders, redactUrl } from '../request/redact-request.js'
import { decideTarget, labelOf } from '../target/resolve-target.js'

/** `outbound-auth headers [METHOD] URL|PATH`: authenticates a request and shows it instead of sending it. */
export async function headersCommand(context: CommandContext): Promise<number> {
  const { args, output, signal, messages } = context
  const { method, target } = readPositionals(args)
  const { choice, remarks, resolve } = await decideTarget(target, context)
  const { url, resolved, remarks: later = [] } = await resolve()
  const { headers: given, body, remarks: more } = await readOutgoing(context, resolved.headers)
  const allRemarks = [...remarks, ...later, ...more]
  for (const note of allRemarks) messages.note(note)
  const { allowInsecureTransport } = args
  const request = await createExchange(resolved, { allowInsecureTransport })
    .prepare({ headers: given, body, method, url, signal })
    .catch((error) => {
      throw locatedRequestError(error, choice.locate)
    })
  if (args.curl) {
    if (args.json) throw usageError('--json and --curl contradict each other: remove one')
    const { url: finalUrl } = request
    const config = curlConfig({ method, url: finalUrl, headers: [...request.headers], body })
    // curl needs the bytes as they are; a terminal must not get them.
    const text = `${config.join('\n')}\n`
    await (output.isTty ? output.writeText(text) : output.write(text))
    return 0
  }
  const shownUrl = args.reveal ? request.url : redactUrl(request.url, resolved)
  const headers = args.reveal ? [...request.headers] : redactHeaders(request.headers, resolved)
  if (args.json) {
    const { kind, reason } = resolved
    const shown = { method, url: shownUrl, headers: Object.fromEntries(headers) }
    const noted = allRemarks.length > 0 && { notes: allRemarks }
    const whole = { provider: choice.name, kind, reason, ...noted, request: shown }
    await output.writeJson(whole)
  } else {
    const lines = headers.map(([name, value]) => `${name}: ${value}`)
    await output.writeLines([`# ${labelOf(choice)}: ${resolved.reason}`, `${method} ${shownUrl}`, ...lines])
  }
  return 0
}
