// Prevents the mistake of a second list of error codes that goes stale: docs/errors.md is made of the tables under
// "## Errors" of the packages' READMEs, and `errorTableRule` holds those to the codes that the sources name.
import { readFileSync } from 'node:fs'
import { listPackages } from './workspace.mjs'

/**
 * @typedef {object} ErrorRow
 * @property {string} code
 * @property {string} kind `build`, `transient`, or where else the code stands; empty for codes of the command
 * @property {string} when what the code means: the cause
 * @property {string} remedy what to do; empty where the table has no such column
 */

/** @typedef {ErrorRow & { folders: string[] }} SharedRow a row with the packages whose READMEs have it */

/**
 * Reads the rows of codes under `## Errors`. A column is known by its title.
 *
 * @param {string} readme
 * @returns {ErrorRow[]}
 */
export function readErrorRows(readme) {
  const [, after = ''] = readme.split(/^## Errors$/m)
  const [section = ''] = after.split(/^## /m)
  /** @type {ErrorRow[]} */
  const rows = []
  /** @type {string[]} */
  let titles = []
  for (const line of section.split('\n')) {
    if (!line.startsWith('|')) continue
    const cells = line
      .replace(/^\||\|$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim())
    const [, code] = /^`(ERR_[A-Z\d_]+)`$/.exec(cells[0] ?? '') ?? []
    if (code === undefined) titles = cells[0] === 'code' ? cells : titles
    else {
      const cell = (/** @type {string} */ title) => cells[titles.indexOf(title)] ?? ''
      rows.push({ code, kind: cell('kind'), when: cell('when'), remedy: cell('what to do') })
    }
  }
  return rows
}

/**
 * One row for each text, sorted by code; the READMEs of several packages may have the same text.
 *
 * @param {readonly { folder: string, readme: string }[]} readmes
 * @returns {SharedRow[]}
 */
export function mergeErrorRows(readmes) {
  /** @type {Map<string, SharedRow>} */
  const merged = new Map()
  for (const { folder, readme } of readmes) {
    for (const { code, kind, when, remedy } of readErrorRows(readme)) {
      const absolute = (/** @type {string} */ text) =>
        text.replaceAll('](#', `](../packages/${folder}/README.md#`)
      const row = { code, kind, when: absolute(when), remedy: absolute(remedy) }
      const key = JSON.stringify(row)
      const known = merged.get(key)
      if (known) known.folders.push(folder)
      else merged.set(key, { ...row, folders: [folder] })
    }
  }
  return [...merged.values()].sort((a, b) => (a.code < b.code ? -1 : Number(a.code > b.code)))
}

/** The text of docs/errors.md. */
export function createErrorTable() {
  const readmes = listPackages().map(({ folder, path }) => ({
    folder,
    readme: readFileSync(`${path}/README.md`, 'utf8'),
  }))
  const rows = mergeErrorRows(readmes)
  const place = (/** @type {SharedRow} */ { folders }) =>
    folders.map((folder) => `[${folder}](../packages/${folder}/README.md#errors)`).join(', ')
  const table = (/** @type {SharedRow[]} */ part) =>
    part.map((row) => `| \`${row.code}\` | ${row.kind} | ${row.when} | ${row.remedy} | ${place(row)} |`)
  const ofCommand = rows.filter(({ code }) => code.startsWith('ERR_CLI_'))
  const ofPackages = rows.filter((row) => !ofCommand.includes(row))
  return `${[
    '# Error codes',
    '',
    '<!-- Made by `pnpm errors:update` of the READMEs of the packages. Edit a README, and run it. -->',
    '',
    'Each `AuthError` has a `code`, and a `kind`. `build`: the configuration or the credential has to change first.',
    '`transient`: the same request may succeed later, and `retryable` is true. Test with `AuthError.is(error)`, and branch on',
    'the code, never on the message. `option` names the option at fault, if there is one.',
    '',
    'A malformed option is a `TypeError` without a code, thrown at once. Its message names the function, the option, what',
    'the option must be, and what it got, unless that may be a secret. An abort rejects with `signal.reason`.',
    '',
    'A code with several rows has a cause and a remedy of its own in each of those packages.',
    '',
    '| code | kind | meaning and cause | what to do | package |',
    '|---|---|---|---|---|',
    ...table(ofPackages),
    '',
    '## Codes of the command',
    '',
    '| code | meaning and cause | what to do | package |',
    '|---|---|---|---|',
    ...ofCommand.map((row) => `| \`${row.code}\` | ${row.when} | ${row.remedy} | ${place(row)} |`),
  ].join('\n')}\n`
}
