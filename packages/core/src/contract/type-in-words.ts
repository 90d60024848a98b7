/** @internal The type of a value for a message, never the value itself: `a string`, `a Promise`, `null`. */
export function typeInWords(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value !== 'object') return `a ${typeof value}`
  return typeof (value as { then?: unknown }).then === 'function' ? 'a Promise' : 'an object'
}

/**
 * A value for a message: itself where it is too short or too plain to be a secret, else its type. A URL is shown without its query,
 * and without parts that may be a secret.
 */
export function valueInWords(value: unknown): string {
  const shown = typeof value === 'string' ? shownUrl(value) : '"…"'
  if (shown !== '"…"') return shown
  const isPlain = typeof value === 'boolean' || (typeof value === 'number' && `${value}`.length < 7)
  return isPlain ? `${value}` : typeInWords(value)
}

/**
 * @internal A URL for a message, in quotes: its query and every part that may be a secret are left out. A host has a dot or is
 * localhost, and a part of a path is a short word or a version such as v1.
 */
export function shownUrl(url: string | URL): string {
  const [, scheme = '', host = '', path = '', query] =
    /^([a-z]{1,9}:\/\/)?([^/?#]*)([^?#]*)(.)?/s.exec(String(url).slice(0, 200)) ?? []
  const isHost = host.length < 64 && /^(([a-z*-]+\.)+[a-z*]+|localhost|\*)?(:\d{1,5})?$/.test(host)
  const parts = path
    .split('/')
    .map((part) => (/^([a-z]{0,12}|v\d{1,2}([a-z]{4,5}\d?)?)$/.test(part) ? part : '…'))
  return `"${scheme}${isHost ? host : '…'}${parts.join('/')}${query ? '?…' : ''}"`
}
