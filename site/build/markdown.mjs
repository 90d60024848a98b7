// Prevents the mistake of a second copy of a text: pages are made of the Markdown that GitHub and npm show, and their
// links to files of the repository become links to pages, where there is a page.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { posix } from 'node:path'
import { root } from '../../scripts/workspace.mjs'

/** The repository, as it is written in links. */
export const repository = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
  .repository.url.replace(/^git\+/, '')
  .replace(/\.git$/, '')

/** The address of the site: GitHub Pages gives each repository a folder. */
export const siteAddress = repository.replace(
  /^https:\/\/github\.com\/([^/]+)\/(.+)$/,
  'https://$1.github.io/$2/',
)

/** The text of a file of the repository. @param {string} path from the root */
export const readSource = (path) => readFileSync(`${root}/${path}`, 'utf8')

/** The first heading, as a title. @param {string} text */
export const titleOf = (text) => /^# (.+)$/m.exec(text)?.[1]?.replace(/[`*]/g, '') ?? ''

/** The text after the first heading. @param {string} text */
export const bodyOf = (text) => text.replace(/^[\s\S]*?^# .+\n+/m, '')

/** The first paragraph, without marks: the description of a page. @param {string} text */
export function summaryOf(text) {
  const paragraphs = bodyOf(text).split(/\n{2,}/)
  const found = paragraphs.find((each) => /^[^#|<`\-!:>\s]/.test(each)) ?? ''
  const plain = found
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[`*]/g, '')
    .replace(/\s+/g, ' ')
    .replace(/:$/, '.')
  const [sentence = ''] = plain.split(/(?<=[.!?])\s/)
  return sentence
}

/**
 * The section of a Markdown file below a heading, without that heading.
 *
 * @param {string} path from the root
 * @param {string} heading
 * @throws Error when the file has no such heading: an include must not become the whole file
 */
export function readSection(path, heading) {
  const sections = readSource(path).split(/^(?=#{2,3} )/m)
  const start = sections.findIndex((each) => each.replace(/^#+ /, '').startsWith(`${heading}\n`))
  if (start === -1) throw new Error(`${path} has no section "${heading}", which the site shows`)
  const [marks = ''] = /^#+/.exec(sections[start] ?? '') ?? []
  const rest = sections.slice(start + 1)
  const end = rest.findIndex((each) => (/^#+/.exec(each)?.[0].length ?? 0) <= marks.length)
  const whole = [sections[start], ...rest.slice(0, end === -1 ? undefined : end)].join('')
  return whole.slice(whole.indexOf('\n') + 1).trim()
}

/**
 * Rewrites the links of a text, outside of code.
 *
 * @param {string} text
 * @param {string} source the file of the text, from the root: its links are relative to that file
 * @param {ReadonlyMap<string, string>} pages the page of each file and folder
 */
export function relink(text, source, pages) {
  const withoutComments = text.replace(/^<!--[\s\S]*?-->\n?/gm, '')
  return outsideOfCode(withoutComments, (part) =>
    part
      .replace(/\]\(([^)\s]+)\)/g, (_, href) => `](${siteLink(href, source, pages)})`)
      .replace(/^(\[[^\]]+\]: )(\S+)/gm, (_, name, href) => name + siteLink(href, source, pages)),
  )
}

/** @param {string} text @param {(part: string) => string} change */
function outsideOfCode(text, change) {
  return text
    .split(/(^ *```[\s\S]*?^ *```|`+[^`\n]+`+)/m)
    .map((part, index) => (index % 2 === 1 ? part : change(part)))
    .join('')
}

function siteLink(href, source, pages) {
  if (href.startsWith('#') || href.startsWith('/') || /^mailto:/.test(href)) return href
  const inRepository = new RegExp(`^${repository}/(?:tree|blob)/main/`)
  const isForeign = /^[a-z]+:/.test(href) && !inRepository.test(href)
  if (isForeign) return href
  const [place = '', hash = ''] = href.replace(inRepository, '/').split('#')
  const path = posix
    .join('/', place.startsWith('/') ? '' : posix.dirname(source), place)
    .replace(/^\/|\/$/g, '')
  const anchor = hash && hash !== 'readme' ? `#${hash}` : ''
  const page = pages.get(path)
  if (page !== undefined) return page + anchor
  const file = `${root}/${path}`
  if (!existsSync(file)) throw new Error(`${source} links to ${href}, which does not exist`)
  return `${repository}/${statSync(file).isDirectory() ? 'tree' : 'blob'}/main/${path}${hash ? `#${hash}` : ''}`
}
