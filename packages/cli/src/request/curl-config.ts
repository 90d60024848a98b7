import { usageError } from '../lib/command-error.js'

/** A request as it would be sent. */
export interface CurlRequest {
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array | undefined
}

/**
 * The request as a configuration of curl, for `curl -K -`. It holds the credential.
 *
 * @throws CommandError `ERR_CLI_USAGE` when curl's configuration cannot hold the body
 * @see https://curl.se/docs/manpage.html#-K
 */
export function curlConfig({ method, url, headers, body }: CurlRequest): string[] {
  const lines = [
    // Brackets and braces of a URL are no pattern here.
    'globoff',
    `url = ${quoted(url)}`,
    method === 'HEAD' ? 'head' : `request = ${quoted(method)}`,
    // A semicolon sends a header without a value, which a colon would remove.
    ...headers.map(([name, value]) => `header = ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`),
  ]
  if (body === undefined) return lines
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    throw binaryBody()
  }
  if (text.includes('\0')) throw binaryBody()
  // Without this one curl adds a type of its own.
  const types = headers.some(([name]) => name === 'content-type') ? [] : ['header = "content-type:"']
  return [...lines, ...types, `data-raw = ${quoted(text)}`]
}

function binaryBody() {
  return usageError(
    '--curl prints a body only if it is text. Leave out -d, and give the bytes to curl: --data-binary @FILE',
  )
}

/** A string of curl's configuration file: these are all of its escapes. */
function quoted(text: string): string {
  const escapes: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\v': '\\v' }
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/[\t\n\r\v]/g, (character) => escapes[character] ?? '')}"`
}
