/**
 * Makes a foreign text (a command's stderr, a server's answer) fit for an error: only plain words, short numbers and
 * punctuation stay, everything that could be a credential, a path or a URL becomes `…`, and the rest is cut off.
 *
 * @param secrets further texts to hide, whatever they look like
 * @param maxLength in characters
 */
export function redact(text: string, secrets: readonly string[] = [], maxLength = 300): string {
  const plain = /^[("'`[]*([A-Z]?[a-z']{0,19}|[A-Z]{1,8}|\d{1,5})[)"'`\].,:;!?]*$/
  const hidden = new Set(secrets.flatMap((secret) => secret.split(/\s+/)).filter((word) => word !== ''))
  const words: string[] = []
  for (const word of text.slice(0, 16 * maxLength).split(/\s+/)) {
    const bare = word.replace(/^[("'`[]+|[)"'`\].,:;!?]+$/g, '')
    const shown = plain.test(word) && !hidden.has(word) && !hidden.has(bare) ? word : '…'
    if (shown !== '' && !(shown === '…' && words.at(-1) === '…')) words.push(shown)
  }
  const line = words.join(' ')
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line
}
