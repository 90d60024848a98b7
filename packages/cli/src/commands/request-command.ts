import { readPositionals } from '../arguments/read-positionals.js'
import { locatedRequestError } from '../config/located-error.js'
import type { CommandContext } from '../context/command.js'
import { usageError } from '../lib/command-error.js'
import { withTimeLimit } from '../lib/time-limit.js'
import { networkError } from '../network/network-error.js'
import { proxyNameFor } from '../network/proxy-variables.js'
import { checkBodyOutput, openBodyOutput } from '../request/body-output.js'
import { readOutgoing } from '../request/outgoing-request.js'
import { redactResponse, redactUrl } from '../request/redact-request.js'
import { responseError } from '../request/response-error.js'
import { type RequestToSend, type SentRequest, sendRequest, statusOf } from '../request/send-request.js'
import type { Choice } from '../target/choose-provider.js'
import { decideTarget, labelOf } from '../target/resolve-target.js'

/** `outbound-auth request [METHOD] URL|PATH` */
export function requestCommand(context: CommandContext): Promise<number> {
  return withTimeLimit(context.args.maxTime, context.signal, (signal) => sendAll({ ...context, signal }))
}

async function sendAll(context: CommandContext): Promise<number> {
  const { args, signal, messages, fetch, env } = context
  const { method, target } = readPositionals(args)
  const repeat = readRepeat(args.repeat)
  await checkBodyOutput(context)
  const { choice, remarks, resolve } = await decideTarget(target, context)
  const { url, resolved, remarks: later = [] } = await resolve()
  const log = (line: string) => {
    if (args.verbose) messages.say(line)
  }
  log(`* provider ${labelOf(choice)}: ${resolved.reason}`)
  const outgoing = await readOutgoing(context, resolved.headers)
  const allRemarks = [...remarks, ...later, ...outgoing.remarks]
  for (const note of allRemarks) messages.note(note)
  const { allowInsecureTransport } = args
  const proxy = proxyNameFor(new URL(url), env)
  const { headers, body } = outgoing
  const send = { headers, body, method, url, resolved, allowInsecureTransport, signal, fetch, proxy, log }
  const sendOnce = async () => {
    const sent = await sendRequest(send).catch((error) => {
      throw locatedRequestError(error, choice.locate)
    })
    return printResponse(sent, { ...send, remarks: allRemarks }, choice, context)
  }
  for (let round = 1; round < repeat; round++) await sendOnce()
  return sendOnce()
}

function readRepeat(text = '1'): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw usageError('--repeat takes a whole number, 1 or more, such as 3')
}

interface Sent extends Omit<RequestToSend, 'log'> {
  readonly remarks: readonly string[]
}

async function printResponse(
  { response, attempts }: SentRequest,
  { method, url, resolved, remarks }: Sent,
  choice: Choice,
  context: CommandContext,
): Promise<number> {
  const { args, output, signal } = context
  if (args.json) {
    const { status } = response
    const shown = {
      status,
      url: redactUrl(response.url || url, resolved),
      provider: choice.name,
      kind: resolved.kind,
    }
    const headers = redactResponse(response.headers)
    const more = {
      reason: resolved.reason,
      ...(remarks.length > 0 && { notes: remarks }),
      attempts,
      headers: toRecord(headers),
      ...(await readBody(response, signal)),
    }
    await output.writeJson({ ...shown, ...more })
  } else {
    if (args.include) {
      const lines = [...response.headers].map(([name, value]) => `${name}: ${value}`)
      await output.writeLines([`HTTP ${statusOf(response)}`, ...lines, ''])
    }
    const place = await openBodyOutput(context)
    try {
      for await (const chunk of chunksOf(response, signal)) await place.write(chunk)
    } finally {
      await place.end()
    }
  }
  if (response.status >= 400)
    throw responseError(response, {
      request: `${method} ${redactUrl(url, resolved)}`,
      label: labelOf(choice),
      resolved,
    })
  return 0
}

/** The body as it arrives: a stream of events is shown event by event. */
async function* chunksOf(response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    if (response.body) yield* response.body
  } catch (error) {
    signal.throwIfAborted()
    throw networkError(error, { problem: 'The response broke off' })
  }
}

async function readBody(
  response: Response,
  signal: AbortSignal,
): Promise<{ body: string; bodyEncoding: 'utf8' | 'base64' }> {
  const chunks: Uint8Array[] = []
  for await (const chunk of chunksOf(response, signal)) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  try {
    return { body: new TextDecoder('utf-8', { fatal: true }).decode(bytes), bodyEncoding: 'utf8' }
  } catch {
    return { body: bytes.toString('base64'), bodyEncoding: 'base64' }
  }
}

/** A header that was sent twice (`set-cookie`) becomes a list. */
function toRecord(headers: readonly (readonly [string, string])[]): Record<string, string | string[]> {
  const record: Record<string, string | string[]> = {}
  for (const [name, value] of headers) {
    const earlier = Object.hasOwn(record, name) ? record[name] : undefined
    record[name] = earlier === undefined ? value : [earlier, value].flat()
  }
  return record
}
