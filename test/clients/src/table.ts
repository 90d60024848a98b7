import { readdirSync, readFileSync } from 'node:fs'
import type { RowVerdicts } from './columns/try-row.js'
import { kindNames } from './kinds/credentials.js'
import { type Column, columnNames, type Row } from './row.js'

/** One verdict for all kinds, or one for each group of kinds. */
export function cellOf(verdicts: RowVerdicts, column: Column): string {
  const groups = new Map<string, string[]>()
  for (const kind of kindNames) {
    const verdict = verdicts[column][kind]?.replace(/ \(.*/, '').replace(/^(leaks|lost|goes on).*/, 'no')
    if (verdict !== undefined) groups.set(verdict, [...(groups.get(verdict) ?? []), kind])
  }
  const [[first = ''] = [], ...others] = [...groups].sort((a, b) => b[1].length - a[1].length)
  const named = others.map(([verdict, kinds]) => `${verdict} (${kinds.join(', ')})`)
  return [first, ...named].join('; ')
}

/** What a run has measured of one row. */
export type Cells = Readonly<Record<Column, string>>

export function cellsOf(verdicts: RowVerdicts): Cells {
  const cells = columnNames.map((column) => [column, cellOf(verdicts, column)])
  return Object.fromEntries(cells) as Cells
}

/** A row for the terminal. */
export function lineOf(row: Row, cells: Cells): string {
  return [row.client, row.via, ...Object.values(cells)].join(' | ')
}

const head = `# Clients

Each row is a real client from npm. \`pnpm test:clients\` tries it against a server on this machine, whose verifiers are not ours: jose, the signer of the AWS SDK, OpenSSL. It wrote this page.

\`fetch\` is \`authFetch(auth)\`, \`dispatcher\` is \`new Agent().compose(authInterceptor(auth))\`; \`auth\` has its allowed origins (\`bindAuth\`, or the option \`allowedOrigins\`). Each client is tried with a bearer token,
an API key in a header and in the query, AWS signatures for Bedrock and for S3, and an agent's assertion, unless the row names kinds.

| column | question |
|---|---|
| W | Does a request work, authenticated exactly once, with the key that the client insists on replaced? |
| R | After the credential was rotated, do three requests that are rejected at a time work, with one renewal? |
| X | Does a redirect to another origin (301, 302, 303, 307, 308) carry no credential? |
| S | Does a stream come piece by piece? |
| U | Do uploads arrive whole, and signed: **j**son, **f**orm with a file, **s**tream? \`+\` yes, \`!\` fails with \`ERR_AUTH_BODY\` since a signature needs the whole body, \`-\` the client has no such thing |
| A | Does an abort end the request at once? |
| E | Does an error of ours that prevents a request reach the caller: itself, or as a \`cause\`? |
`

/** `docs/clients.md`. */
export function formatTable(rows: readonly (readonly [Row, Cells])[]): string {
  const notes: string[] = []
  const noteOf = (why: string) => {
    if (!notes.includes(why)) notes.push(why)
    return `[${notes.indexOf(why) + 1}]`
  }
  const lines = rows.map(([row, measured]) => {
    const cells = columnNames.map((column) => {
      const text = measured[column]
      const isGood = /^(yes( direct| cause)?|-)$/.test(text)
      const why = isGood ? [] : (row.exceptions ?? []).filter(({ columns }) => columns.includes(column))
      return [text, ...why.map((exception) => noteOf(exception.why))].join(' ')
    })
    const client = `${row.client}${row.kinds ? ` (${row.kinds.join(', ')})` : ''}`
    return `| ${[client, `\`${row.via}\``, `\`${row.glue.replaceAll('|', '\\|')}\``, ...cells].join(' | ')} |`
  })
  return [
    head,
    `| client | with | what you write | ${columnNames.join(' | ')} |`,
    `|---|---|---|${columnNames.map(() => '---|').join('')}`,
    ...lines,
    '',
    ...notes.map((note, index) => `${index + 1}. ${note}.`),
    '',
    '## Recipes',
    '',
    'Code of the rows above, as the test runs it. `sendWithAuth(auth, request, send)` and the functions that begin with `to` are in `@outbound-auth/core/shapes`.',
    '',
    ...recipes(),
  ].join('\n')
}

/** The regions of the sources of the rows. */
function recipes(): string[] {
  const folder = new URL('../src/rows/', import.meta.url)
  const sources = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), 'utf8'))
  return sources.flatMap((source) =>
    Array.from(source.matchAll(/^\/\/ #region (.+)\n([^]*?)^\/\/ #endregion$/gm), ([, name, code = '']) =>
      [`### ${name}`, '', '```typescript', code.trim(), '```', ''].join('\n'),
    ),
  )
}
