/**
 * Makes a foreign text (a command's stderr, a server's answer) fit for an error: only plain words, numbers of up to three
 * digits and punctuation stay, everything that could be a credential, a path or a URL becomes `…`, and so does what follows a
 * word such as `password`, `token` or `code`; the rest is cut off. A secret that is a plain word elsewhere stays: best effort.
 *
 * @param secrets further texts to hide, with every word in them, whatever they look like
 * @param maxLength in characters
 */
export function redact(text: string, secrets: readonly string[] = [], maxLength = 300): string {
  const hidden = new Set(
    secrets.flatMap((secret) => secret.split(/[^\w']+/)).map((word) => word.toLowerCase()),
  )
  const limit = 16 * maxLength
  const pieces = text.slice(0, limit).split(/\s+/)
  // Half a secret can look like a word.
  if (text.length > limit) pieces.pop()
  const words: string[] = []
  let isAnnounced = false
  for (const piece of pieces) {
    const [, word = ''] = plain.exec(piece) ?? []
    const isShown = word !== '' && !hidden.has(word.toLowerCase()) && !isAnnounced
    // What only joins the two, as in `password = x`, is not the secret yet.
    if (/\w/.test(piece)) isAnnounced = secretNames.test(word)
    const shown = isShown || piece === '' ? piece : '…'
    if (shown !== '' && !(shown === '…' && words.at(-1) === '…')) words.push(shown)
  }
  const line = words.join(' ')
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line
}

const plain = /^[("'`[]*([A-Z]?[a-z][a-z']{0,14}|[A-Z]{1,8}|\d{1,3})[)"'`\].,:;!?]*$/
const secretNames = /^(pass(word|wd|phrase|code)|pwd|pin|secret|token|key|code|otp)s?$/i
