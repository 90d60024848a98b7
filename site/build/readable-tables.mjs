// Prevents the mistake of a table whose last columns nobody sees on a phone: a table scrolls by itself. One of four
// columns or more becomes a list of cards there, in which each cell has the title of its column; one of two columns
// with long names becomes a list, too.

/** A plugin of markdown-it. @param {import('markdown-it')} md */
export function readableTables(md) {
  md.core.ruler.push('readable-tables', ({ tokens }) => {
    let titles = []
    let column = 0
    let table
    tokens.forEach((token, index) => {
      const next = tokens[index + 1]
      if (token.type === 'table_open') {
        table = token
        titles = []
      } else if (token.type === 'th_open') titles.push(plain(next))
      else if (token.type === 'tr_open') column = 0
      else if (token.type === 'td_open') {
        const isLong =
          column === 0 && titles.length === 2 && !plain(next).includes(' ') && plain(next).length > 16
        if (table && isLong) table.meta = 'cards pairs'
        token.attrSet('data-title', titles[column++] ?? '')
      }
      if (token.type === 'thead_close' && table && titles.length > 3) table.meta = 'cards'
    })
  })
  md.renderer.rules.table_open = (tokens, index) =>
    `<div class="${['table', tokens[index]?.meta].filter(Boolean).join(' ')}" tabindex="0"><table>\n`
  md.renderer.rules.table_close = () => '</table></div>\n'
}

const plain = (token) => (token?.children ?? []).map(({ content }) => content).join('')
