/** @internal Base64url without padding. */
export function encodeBase64Url(bytes: ArrayBuffer | Uint8Array): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)))
  return text.replace(/[+/=]/g, (character) => ({ '+': '-', '/': '_' })[character] ?? '')
}

/** @internal The same of a text in UTF-8. */
export function encodeText(text: string): string {
  return encodeBase64Url(new TextEncoder().encode(text))
}

/** @internal The bytes of standard base64, whose line breaks are ignored; undefined for any other text. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
