// Prevents the mistake of an error whose address leads nowhere: each code of the READMEs' tables gets a page.
import { mergeErrorRows } from '../../scripts/error-table.mjs'
import { listPackages } from '../../scripts/workspace.mjs'
import { readSource } from './markdown.mjs'

const meanings = {
  build:
    'The configuration or the credential has to change first. A retry fails again: `retryable` is `false`.',
  transient: 'The same request may succeed later: `retryable` is `true`.',
  'build, transient': 'It depends on the cause: `retryable` says whether the same request may succeed later.',
  '': 'The `outbound-auth` command prints it on standard error.',
}

/** One page for each code: its rows, of one or several packages. @returns {Map<string, ErrorRow[]>} */
export function readErrors() {
  const readmes = listPackages().map(({ folder }) => ({
    folder,
    readme: readSource(`packages/${folder}/README.md`),
  }))
  const codes = new Map()
  for (const row of mergeErrorRows(readmes)) codes.set(row.code, [...(codes.get(row.code) ?? []), row])
  return codes
}

/** @typedef {import('../../scripts/error-table.mjs').SharedRow} ErrorRow */

/**
 * The page of one code. Its links are those of docs/errors.md.
 *
 * @param {string} code
 * @param {readonly ErrorRow[]} rows
 */
export function renderError(code, rows) {
  const kinds = [...new Set(rows.map(({ kind }) => kind))]
  const kind = kinds.length === 1 ? (kinds[0] ?? '') : 'build, transient'
  const event = kind.includes('event')
  // A narrow screen breaks a code after an underscore.
  const lines = [`# ${code.replaceAll('_', '_<wbr>')}`, '']
  if (kind && !event) lines.push(`Kind \`${kind.split(', ').join('` or `')}\`. ${meanings[kind] ?? ''}`, '')
  else if (event)
    lines.push('No error: the code stands in an event of kind `warned`, and the request is sent.', '')
  else lines.push(meanings[''], '')
  for (const row of rows) {
    const of = row.folders.map((folder) => `[${folder}](../packages/${folder}/README.md#errors)`).join(', ')
    if (rows.length === 1)
      lines.push(
        '## Meaning and cause',
        '',
        sentence(row.when),
        '',
        '## What to do',
        '',
        sentence(row.remedy),
        '',
      )
    else
      lines.push(
        `## In ${row.folders.join(', ')}`,
        '',
        `**Meaning and cause:** ${sentence(row.when)}`,
        '',
        `**What to do:** ${sentence(row.remedy)}`,
        '',
      )
    lines.push(`More about ${of}.`, '')
  }
  return lines.join('\n')
}

/** The page of all codes. @param {ReadonlyMap<string, readonly ErrorRow[]>} codes */
export function renderErrorIndex(codes) {
  const row = ([code, rows]) => `| [\`${code}\`](/errors/${code}) | ${sentence(rows[0].when)} |`
  const all = [...codes]
  const table = (part) => ['| code | meaning |', '|---|---|', ...part.map(row), '']
  const [intro = ''] = readSource('docs/errors.md').split(/^A code with several rows/m)
  return [
    '# Errors by code',
    '',
    intro.replace(/^# .+\n+/, '').trim(),
    '',
    '## Codes of the packages',
    '',
    ...table(all.filter(([code]) => !code.startsWith('ERR_CLI_'))),
    '## Codes of the command',
    '',
    ...table(all.filter(([code]) => code.startsWith('ERR_CLI_'))),
  ].join('\n')
}

/** A cell of a table as a sentence. @param {string} cell */
function sentence(cell) {
  const text = cell.replaceAll('\\|', '|')
  const begun = /^[a-z]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text
  return /[.!?]$/.test(begun) ? begun : `${begun}.`
}
