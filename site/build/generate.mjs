// Prevents the mistake of pages that differ from READMEs and declarations: writes all pages into `site/pages`, which
// git ignores. They are real files, because the local search of VitePress reads nothing else.
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { listPackages, root } from '../../scripts/workspace.mjs'
import { readApi } from './api/read-api.mjs'
import { firstSentence } from './api/read-doc.mjs'
import { linker, renderApiIndex, renderSymbol } from './api/render-api.mjs'
import { renderChanges } from './changes.mjs'
import { readErrors, renderError, renderErrorIndex } from './errors.mjs'
import { renderFront, renderIndexes } from './indexes.mjs'
import { writeLlms } from './llms.mjs'
import { readSource, relink, summaryOf } from './markdown.mjs'
import { readServices } from './services.mjs'
import { filePages, pageOfFile } from './site-map.mjs'

const out = `${root}/site/pages`

/** Writes every page. @returns the number of pages */
export function generate() {
  rmSync(out, { recursive: true, force: true })
  cpSync(`${root}/site/static`, `${out}/public`, { recursive: true })
  const written = [...fromFiles(), ...fromErrors(), ...fromApi(), ...fromIndexes()]
  for (const { path, source, title, text, head = {} } of written) {
    const front = {
      ...(title ? { title } : {}),
      description: summaryOf(text),
      ...head,
      source,
      ...(source ? {} : { editLink: false }),
    }
    const lines = Object.entries(front).filter(([, value]) => value !== undefined)
    const yaml = lines.map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`).join('')
    const file = join(out, `${path.endsWith('/') ? `${path}index` : path}.md`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `---\n${yaml}---\n\n${text}\n`)
  }
  writeLlms(out, written)
  return written.length
}

function fromFiles() {
  return filePages.map(({ path, source, title }) => ({
    path,
    source,
    title,
    text: withDrawings(relink(readSource(source), source, pageOfFile)),
  }))
}

function fromErrors() {
  const codes = readErrors()
  const pages = [...codes].map(([code, rows]) => ({
    path: `/errors/${code}`,
    title: code,
    text: relink(renderError(code, rows), 'docs/errors.md', pageOfFile),
  }))
  const index = relink(renderErrorIndex(codes), 'docs/errors.md', pageOfFile)
  return [{ path: '/errors/', title: 'Errors by code', text: index }, ...pages]
}

function fromApi() {
  const symbols = readApi()
  const linkTo = linker(symbols)
  const codes = new Set(readErrors().keys())
  const indexes = listPackages().map(({ folder, manifest }) => ({
    path: `/api/${folder}/`,
    title: `API of ${folder}`,
    text: renderApiIndex({ folder, name: manifest.name, description: manifest.description }, symbols),
  }))
  const pages = symbols.map((symbol) => ({
    path: `/api/${symbol.folder}/${symbol.slug}`,
    title: symbol.name,
    text: renderSymbol(symbol, linkTo, codes),
    head: { description: firstSentence(symbol.doc), symbol: symbol.name },
  }))
  const services = readServices(symbols).map(({ path, name, text }) => ({ path, title: name, text }))
  return [...indexes, ...pages, ...services]
}

function fromIndexes() {
  const changes = relink(renderChanges(), 'SECURITY.md', pageOfFile)
  return [
    renderFront(pageOfFile),
    ...renderIndexes(pageOfFile),
    { path: '/changes', title: 'Changes and supported versions', text: changes },
  ]
}

/** A drawing is shown inside the page, so that it follows the page's light or dark. */
function withDrawings(text) {
  return text.replace(
    /^(?:!\[[^\]]*\]\([^)]*drawings\/(\w+)\.svg\)|.*<img[^>]*drawings\/(\w+)\.svg[^>]*>.*)$/gm,
    (_, first, second) => `<Drawing name="${first ?? second}" />`,
  )
}

if (process.argv[1] === import.meta.filename) console.log(`${generate()} pages`)
