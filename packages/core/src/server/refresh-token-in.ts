/**
 * Whether the `error` of a response says that there is one: some servers send `null`, `""` or `false` beside tokens.
 */
export function isErrorValue(error: unknown): boolean {
  if (typeof error === 'string') return error.trim() !== ''
  return typeof error === 'object' && error !== null ? Object.keys(error).length > 0 : !!error
}

/**
 * The refresh token in the response of a token endpoint, whatever else is wrong with the response: its status, no
 * access token, a body that was cut off. The server may have replaced the old one, so this is stored before anything
 * else is checked.
 *
 * An error response counts only if it has an access token as well. Else its `refresh_token` may be the name of what is
 * wrong.
 *
 * @param json the object that the text is, if it is one
 * @param isOk whether the status says success
 */
export function refreshTokenIn(
  text: string,
  json: Readonly<Record<string, unknown>> | undefined,
  isOk: boolean,
): string | undefined {
  const response = json ?? topLevelStrings(text)
  const { refresh_token: refreshToken, access_token: accessToken, error } = response
  if (!isToken(refreshToken)) return undefined
  return (isOk && !isErrorValue(error)) || isToken(accessToken) ? refreshToken : undefined
}

/** A string with a replacement character could not be decoded. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.includes('\ufffd')
}

/** The string properties of a JSON object whose text may be cut off anywhere. */
function topLevelStrings(text: string): Record<string, unknown> {
  const found: Record<string, unknown> = Object.create(null)
  let depth = 0
  let name = ''
  let isValue = false
  for (let at = text.trimStart().startsWith('{') ? 0 : text.length; at < text.length; at++) {
    const character = text[at]
    if (character === '{' || character === '[') depth++
    if (character === '}' || character === ']') depth--
    if (depth === 1 && (character === ':' || character === ',')) isValue = character === ':'
    if (character !== '"') continue
    const end = endOfString(text, at)
    if (end === undefined) break
    if (depth === 1) {
      const value = parseString(text.slice(at, end))
      if (isValue) found[name] = value
      else name = value
    }
    at = end - 1
  }
  return found
}

/** The index after the quote that ends a JSON string; undefined when the text ends before. */
function endOfString(text: string, start: number): number | undefined {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at + 1
  }
  return undefined
}

function parseString(quoted: string): string {
  try {
    return JSON.parse(quoted)
  } catch {
    return ''
  }
}
