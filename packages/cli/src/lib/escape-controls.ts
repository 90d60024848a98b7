/**
 * Control characters (C0, DEL, C1) move a terminal's cursor, and the marks of bidirectional text reorder what a reader
 * sees. U+2028 and U+2029 break lines.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose.
const controls = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/**
 * The text with every control character shown as an escape: `\x1b`, `\n`, `\u202e`. So no server and no file can write
 * to a terminal anything but visible characters.
 */
export function escapeControls(text: string): string {
  return text.replace(controls, escapeOf)
}

/** The same for a text of several lines: line breaks and tabs stay. */
export function escapeBlock(text: string): string {
  return text.replace(controls, (character) => (/[\n\t]/.test(character) ? character : escapeOf(character)))
}

/** A value as one line of JSON, in which the control characters that JSON allows are escaped, too. */
export function toJsonLine(value: unknown): string {
  const escapeUnit = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  return `${JSON.stringify(value).replace(controls, escapeUnit)}\n`
}

/** A word of a command line that a POSIX shell reads back as the same text. */
export function shellWord(text: string): string {
  if (/^[\w./:@%+=-]+$/.test(text)) return text
  const shown = escapeControls(text)
  if (shown === text) return `'${text.replaceAll("'", "'\\''")}'`
  // $'…' of bash, zsh and fish has escapes, so a control character need not be printed.
  return `$'${escapeControls(text.replace(/[\\']/g, '\\$&'))}'`
}

function escapeOf(character: string): string {
  const code = character.charCodeAt(0)
  const short = { 9: '\\t', 10: '\\n', 13: '\\r' }[code]
  const hex = code.toString(16)
  return short ?? (code > 0xff ? `\\u${hex.padStart(4, '0')}` : `\\x${hex.padStart(2, '0')}`)
}
