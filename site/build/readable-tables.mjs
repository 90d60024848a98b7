// Prevents the mistake of a table whose last columns nobody sees on a phone: a table scrolls by itself, and one of four columns
// or more becomes a list of cards there, in which each cell has the title of its column.

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
      else if (token.type === 'td_open') token.attrSet('data-title', titles[column++] ?? '')
      if (token.type === 'thead_close' && table) table.meta = { isWide: titles.length > 3 }
    })
  })
  md.renderer.rules.table_open = (tokens, index) =>
    `<div class="table${tokens[index]?.meta?.isWide ? ' cards' : ''}" tabindex="0"><table>\n`
  md.renderer.rules.table_close = () => '</table></div>\n'
}

const plain = (token) => (token?.children ?? []).map(({ content }) => content).join('')
