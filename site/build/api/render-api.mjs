// Prevents the mistake of a page of an API that names types without leading to them: links each to its own page.

import { repository } from '../markdown.mjs'
import { isOf } from './read-api.mjs'
import { firstSentence } from './read-doc.mjs'

/** @typedef {import('./read-api.mjs').ApiSymbol} ApiSymbol */

const titles = {
  function: 'Functions',
  class: 'Classes',
  interface: 'Interfaces',
  type: 'Types',
  constant: 'Constants',
}

/** Says which page describes a name. @param {readonly ApiSymbol[]} symbols */
export function linker(symbols) {
  const page = ({ folder, slug }) => `/api/${folder}/${slug}`
  const pages = new Map(symbols.map((symbol) => [symbol.name, page(symbol)]))
  // Two packages may have the same name: a package means its own.
  const own = new Map(symbols.map((symbol) => [`${symbol.folder}/${symbol.name}`, page(symbol)]))
  return (/** @type {string} */ name, /** @type {string} */ folder) =>
    own.get(`${folder}/${name}`) ?? pages.get(name)
}

/** The symbols by kind, in the order of the sidebar. @param {readonly ApiSymbol[]} symbols */
export function byKind(symbols) {
  return Object.entries(titles)
    .map(([kind, title]) => ({ title, symbols: symbols.filter((symbol) => symbol.kind === kind) }))
    .filter(({ symbols: found }) => found.length > 0)
}

/**
 * The list of what a package exports.
 *
 * @param {{ folder: string, name: string, description: string }} of
 * @param {readonly ApiSymbol[]} all the symbols of all packages
 */
export function renderApiIndex({ folder, name, description }, all) {
  const own = all.filter((symbol) => symbol.folder === folder)
  const again = all.filter(
    (symbol) => symbol.folder !== folder && symbol.specifiers.some((specifier) => isOf(specifier, folder)),
  )
  const lines = [`# API of ${folder}`, '', `\`${name}\`: ${description}. [Guide](/packages/${folder}).`, '']
  for (const { title, symbols } of byKind(own)) {
    lines.push(`## ${title}`, '', '| name | |', '|---|---|')
    lines.push(...symbols.map((symbol) => `| ${nameLink(symbol)} | ${cell(firstSentence(symbol.doc))} |`), '')
  }
  if (again.length > 0) {
    lines.push('## Exported again', '', `From other packages, so that one import is enough:`, '')
    lines.push(again.map(nameLink).join(', '), '')
  }
  return lines.join('\n')
}

const nameLink = ({ name, folder, slug }) => `[\`${name}\`](/api/${folder}/${slug})`
const cell = (text) => text.replaceAll('|', '\\|')

/**
 * The page of one symbol.
 *
 * @param {ApiSymbol} symbol
 * @param {(name: string, folder: string) => string | undefined} linkOf
 * @param {ReadonlySet<string>} codes the error codes that have a page
 */
export function renderSymbol(symbol, linkOf, codes) {
  const linkTo = (/** @type {string} */ name) => linkOf(name, symbol.folder)
  const prose = (text) => linkCodes(linkDocs(text, linkTo), codes)
  const { doc } = symbol
  const lines = [`# ${symbol.name}`, '', prose(doc.text), '', ...imports(symbol), '']
  lines.push('## Signature', '', fence(symbol.signature), '', ...usedTypes(symbol, linkTo))
  for (const text of tagsOf(doc, 'param').slice(0, 1)) if (text) lines.push(...parameters(doc, prose))
  for (const text of tagsOf(doc, 'returns')) lines.push('## Returns', '', prose(sentence(text)), '')
  const throws = tagsOf(doc, 'throws')
  if (throws.length > 0) lines.push('## Throws', '', ...throws.map((text) => `- ${prose(oneLine(text))}`), '')
  const examples = tagsOf(doc, 'example')
  if (examples.length > 0) lines.push('## Example', '', ...examples.map((text) => `${fence(bare(text))}\n`))
  lines.push(...members(symbol, prose))
  const see = tagsOf(doc, 'see')
  if (see.length > 0) lines.push('## See', '', ...see.map((text) => `- ${prose(reference(text))}`), '')
  lines.push(`[Source on GitHub](${repository}/blob/main/${symbol.source})`, '')
  return lines.join('\n')
}

function imports({ name, kind, specifiers, folder }) {
  const type = kind === 'interface' || kind === 'type' ? 'type ' : ''
  const own = specifiers.filter((specifier) => isOf(specifier, folder))
  const others = specifiers.filter((specifier) => !own.includes(specifier))
  const lines = [fence(own.map((specifier) => `import { ${type}${name} } from '${specifier}'`).join('\n'))]
  if (own.length > 1) lines.unshift('Each of these entries has it:', '')
  if (others.length > 0) lines.push('', `Also exported by ${others.map((each) => `\`${each}\``).join(', ')}.`)
  return lines
}

function usedTypes(symbol, linkTo) {
  const names = [...new Set(symbol.signature.match(/\b[A-Z]\w+\b/g) ?? [])]
  const linked = names.filter((name) => name !== symbol.name && linkTo(name))
  if (linked.length === 0) return []
  return [`Types: ${linked.map((name) => `[\`${name}\`](${linkTo(name)})`).join(', ')}.`, '']
}

function parameters(doc, prose) {
  const rows = tagsOf(doc, 'param').map((text) => {
    const [, name = '', rest = ''] = /^(\S+)\s+-?\s*([\s\S]*)$/.exec(text) ?? [undefined, text]
    return `- \`${name}\`: ${prose(oneLine(rest))}`
  })
  return ['## Parameters', '', ...rows, '']
}

function members({ kind, members: found }, prose) {
  if (found.length === 0) return []
  const lines = [kind === 'class' ? '## Members' : '## Properties', '']
  const seen = new Map()
  for (const { name, optional, doc, signature } of found) {
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    const anchor = `${String(name).toLowerCase()}${count > 1 ? `-${count}` : ''}`
    lines.push(
      `### ${name}${optional ? '?' : ''} {#${anchor}}`,
      '',
      fence(signature),
      '',
      prose(doc.text),
      '',
    )
    const facts = doc.tags.filter((tag) => ['default', 'throws', 'see', 'deprecated'].includes(tag.name))
    for (const tag of facts) lines.push(`- ${fact(tag, prose)}`)
    if (facts.length > 0) lines.push('')
  }
  return lines
}

function fact({ name, text }, prose) {
  if (name === 'default') return `Default: ${/`/.test(text) ? prose(oneLine(text)) : `\`${oneLine(text)}\``}`
  if (name === 'see') return `See ${prose(reference(text))}`
  return `${name === 'throws' ? 'Throws' : 'Deprecated:'} ${prose(oneLine(text))}`
}

const tagsOf = (doc, name) => doc.tags.filter((tag) => tag.name === name).map(({ text }) => text)
const fence = (text) => `\`\`\`ts\n${text}\n\`\`\``
const bare = (text) => text.replace(/^```\w*\n|\n```$/g, '')
const oneLine = (text) => text.replace(/\s+/g, ' ')
const reference = (text) => oneLine(text).replace(/(?<![(<])https?:\/\/[^\s)>]+/g, '<$&>')
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1)

function linkDocs(text, linkTo) {
  return text.replace(/\{@link ([\w.]+)(?: ([^}]+))?\}/g, (_, name, label) => {
    const page = linkTo(name.split('.')[0])
    const shown = label ?? `\`${name}\``
    return page ? `[${shown}](${page})` : shown
  })
}

function linkCodes(text, codes) {
  return text.replace(/(?<!\[)`(ERR_[A-Z\d_]+)`/g, (whole, code) =>
    codes.has(code) ? `[\`${code}\`](/errors/${code})` : whole,
  )
}
