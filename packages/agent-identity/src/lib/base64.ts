/** @internal Standard base64 with padding, of at most about ten thousand bytes, the limit of an argument list. */
export function encodeBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}

/** @internal Base64url without padding, of a text in UTF-8. */
export function encodeBase64Url(text: string): string {
  const base64 = encodeBase64(new TextEncoder().encode(text))
  return base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/**
 * @internal The bytes of standard base64 with padding; undefined for any other text. `atob` alone accepts
 * whitespace, missing padding and unused bits, so that many texts would give the same bytes.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
    return encodeBase64(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}

/** @internal The bytes of base64url without padding; undefined for any other text. */
export function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*$/.test(text)) return undefined
  const padding = '='.repeat((4 - (text.length % 4)) % 4)
  return decodeBase64(text.replaceAll('-', '+').replaceAll('_', '/') + padding)
}
