// Prevents the mistake of a doc comment that shows its stars and tags to a reader: takes it apart.

/** @typedef {{ text: string, tags: { name: string, text: string }[] }} Doc */

/**
 * Reads the text between the marks of a doc comment.
 *
 * @param {string} comment
 * @returns {Doc}
 */
export function readDoc(comment) {
  const lines = comment
    .replace(/^\*/, '')
    .split('\n')
    .map((line) =>
      line
        .replace(/^\s*\* ?/, '')
        .replace(/^ (?=@)/, '')
        .trimEnd(),
    )
  const doc = { text: '', tags: [] }
  let tag
  for (const line of lines) {
    const [, name, rest = ''] = /^@(\w+)\s*(.*)$/.exec(line.trim().startsWith('@') ? line.trim() : line) ?? []
    if (name) {
      tag = { name, text: rest }
      doc.tags.push(tag)
    } else if (tag) tag.text += `\n${line}`
    else doc.text += `${line}\n`
  }
  // A tag may follow a sentence in a comment of one line.
  const [text = '', ...inline] = doc.text.trim().split(/ (?=@(?:throws|returns|see|default)\b)/)
  for (const each of inline) {
    const [, name = '', rest = ''] = /^@(\w+)\s*([\s\S]*)$/.exec(each) ?? []
    doc.tags.push({ name, text: rest })
  }
  for (const each of doc.tags) each.text = each.text.trim()
  return { text: text.trim(), tags: doc.tags }
}

/** The first sentence, as a line of a table. @param {Doc} doc */
export function firstSentence(doc) {
  const [sentence = ''] = doc.text.replace(/\s+/g, ' ').split(/(?<=[.!?])\s/)
  return sentence.replace(/\{@link ([\w.]+)(?: [^}]+)?\}/g, '`$1`')
}
