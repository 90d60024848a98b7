import { resolve } from 'node:path'
import { createHeaderMap, type HeaderMap } from '@outbound-auth/core'
import { type FileLimit, readBoundedFile } from '@outbound-auth/core/command'
import type { CommandContext } from '../context/command.js'
import { usageError } from '../lib/command-error.js'
import { systemProblem } from '../lib/system-error.js'

/** Headers and body as the command line gives them, before authentication. */
export interface OutgoingRequest {
  readonly headers: HeaderMap
  readonly body: Uint8Array<ArrayBuffer> | undefined
}

/** The same, with facts that the user should know. */
export interface ReadRequest extends OutgoingRequest {
  readonly remarks: readonly string[]
}

/**
 * Reads `-H` and `-d`. A content type among the provider's static headers is left alone. A body is read to its end
 * first, so that it can be sent again after a rejection; its bytes are sent unchanged.
 *
 * @throws CommandError `ERR_CLI_USAGE`; the text of a header or body is not in it
 */
export async function readOutgoing(
  { args, cwd, stdin, signal }: Pick<CommandContext, 'args' | 'cwd' | 'stdin' | 'signal'>,
  statics: Pick<HeaderMap, 'has'>,
): Promise<ReadRequest> {
  const headers = parseHeaders(args.header)
  const body = await readBody(args.data, cwd, stdin, signal)
  const remarks: string[] = []
  if (body && !headers.has('content-type') && !statics.has('content-type')) {
    const type = isJson(body) ? 'application/json' : 'application/x-www-form-urlencoded'
    headers.set('content-type', type)
    if (!isJson(body) && looksLikeJson(body)) remarks.push(formNote)
  }
  return { headers, body, remarks }
}

const formNote =
  "the data begins like JSON and is not valid JSON, so it is sent as a form. Correct it, or add -H 'content-type: …'"

/** The parts of several `-d`, joined as curl joins them. */
async function readBody(
  parts: readonly string[],
  cwd: string,
  stdin: CommandContext['stdin'],
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (parts.filter((part) => part === '@-').length > 1) {
    throw usageError('Standard input can be read once: keep one -d @-')
  }
  const chunks: Uint8Array[] = []
  for (const part of parts) {
    if (chunks.length > 0) chunks.push(new TextEncoder().encode('&'))
    chunks.push(await readData(part, cwd, stdin, signal))
  }
  return parts.length === 0 ? undefined : new Uint8Array(Buffer.concat(chunks))
}

function parseHeaders(lines: readonly string[]): HeaderMap {
  try {
    return createHeaderMap(
      lines.map((line) => {
        const colon = line.indexOf(':')
        if (colon < 1) throw new TypeError('no name')
        return [line.slice(0, colon), line.slice(colon + 1).trim()] as const
      }),
    )
  } catch {
    throw usageError("Each -H must be 'Name: value', without line breaks: correct it")
  }
}

/** A body is held in memory, so that it can be sent again. */
const bodyLimit: FileLimit = { maxBytes: 2 ** 28, content: 'a request body' }

async function readData(
  data: string,
  cwd: string,
  stdin: CommandContext['stdin'],
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!data.startsWith('@')) return new TextEncoder().encode(data)
  const name = data.slice(1)
  const fail = (place: string, problem: string) =>
    usageError(
      `Cannot read the data of -d from ${place}: ${problem}. Check the name; text that begins with @ comes from a file or -d @-`,
    )
  if (name !== '-') {
    const reading = readBoundedFile(resolve(cwd, name), { limit: bodyLimit, acceptsPipe: true })
    const file = await Promise.race([reading, aborted(signal)])
    if (file.problem !== undefined) throw fail(name, file.code ?? `it ${file.problem}`)
    return new Uint8Array(file.bytes)
  }
  try {
    return await readAll(stdin, signal)
  } catch (error) {
    signal.throwIfAborted()
    throw fail('standard input', systemProblem(error) ?? 'read error')
  }
}

async function readAll(
  stdin: CommandContext['stdin'],
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  const read = async () => {
    for await (const chunk of stdin) {
      chunks.push(typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk)
    }
  }
  await Promise.race([read(), aborted(signal)])
  return new Uint8Array(Buffer.concat(chunks))
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function looksLikeJson(body: Uint8Array): boolean {
  return /^\s*[[{]/.test(new TextDecoder().decode(body.subarray(0, 100)))
}

function isJson(body: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
    return true
  } catch {
    return false
  }
}
