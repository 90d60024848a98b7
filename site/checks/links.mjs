// Prevents the mistake of a link that leads nowhere: VitePress checks pages, but neither anchors nor the links of the
// menus.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { siteAddress } from '../build/markdown.mjs'

const base = new URL(siteAddress).pathname

/**
 * Follows each link of the built pages that stays in the site.
 *
 * @param {string} dist the built site
 * @returns {{ links: number, pages: number, problems: string[] }}
 */
export function checkLinks(dist) {
  const files = readdirSync(dist, { recursive: true })
    .map((file) => String(file).replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.html'))
  const pages = new Map(
    files.map((file) => [
      base + file.replace(/(?:^|(?<=\/))index\.html$|\.html$/, ''),
      readFileSync(join(dist, file), 'utf8'),
    ]),
  )
  const anchors = new Map(
    [...pages].map(([page, html]) => [
      page,
      new Set(Array.from(html.matchAll(/ id="([^"]+)"/g), ([, id]) => id)),
    ]),
  )
  const problems = new Set()
  let links = 0
  for (const [page, html] of pages) {
    for (const [, href = ''] of html.matchAll(/<a\s[^>]*?href="([^"]+)"/g)) {
      const url = new URL(href.replaceAll('&amp;', '&'), `https://site${page}`)
      if (url.host !== 'site') continue
      links++
      const found = anchors.get(url.pathname)
      const anchor = decodeURIComponent(url.hash.slice(1))
      if (!found) {
        const isFile =
          url.pathname.startsWith(base) && existsSync(join(dist, url.pathname.slice(base.length)))
        if (!isFile) problems.add(`${page} links to ${href}, which is not a page`)
      } else if (anchor && !found.has(anchor))
        problems.add(`${page} links to ${href}, which has no such heading`)
    }
  }
  return { links, pages: pages.size, problems: [...problems] }
}
