// Prevents the mistake of an assistant that guesses at the API: lists all pages (llms.txt), and gives all guides as
// one text (llms-full.txt). See https://llmstxt.org
import { writeFileSync } from 'node:fs'
import { siteAddress } from './markdown.mjs'

const titles = [
  ['Guides', /^\/(?!api|errors|packages|services|recipes|coming-from)/],
  ['Recipes', /^\/(?:recipes|coming-from)\//],
  ['Services', /^\/services\//],
  ['Packages', /^\/packages\//],
  ['Errors', /^\/errors\//],
  ['API', /^\/api\//],
]

/**
 * @param {string} out the folder of the pages
 * @param {readonly { path: string, title: string, text: string, head?: { description?: string } }[]} pages
 */
export function writeLlms(out, pages) {
  const lines = [
    '# Outbound Auth',
    '',
    '> Pluggable authentication for outbound HTTP requests in TypeScript: bearer tokens, API keys, AWS signatures, OAuth and agent identities behind one small interface. A request is authenticated, or it is an error.',
    '',
    `All guides in one file: ${siteAddress}llms-full.txt`,
  ]
  for (const [title, pattern] of titles) {
    const found = pages.filter(({ path }) => pattern.test(path))
    lines.push('', `## ${title}`, '')
    lines.push(...found.map((page) => `- [${page.title}](${siteAddress}${page.path.slice(1)})`))
  }
  writeFileSync(`${out}/public/llms.txt`, `${lines.join('\n')}\n`)

  const guides = pages.filter(({ path }) => !/^\/(?:api|errors|services)\//.test(path) || path === '/errors/')
  const whole = guides.map(({ path, text }) => `<!-- ${siteAddress}${path.slice(1)} -->\n\n${plain(text)}`)
  writeFileSync(`${out}/public/llms-full.txt`, `${whole.join('\n\n---\n\n')}\n`)
}

/** Without what only a browser shows, and with whole addresses. */
const plain = (text) =>
  text
    .replace(/^<(?:\/?div|Drawing)[^>]*>\n?/gm, '')
    .replace(/\]\(\/([^)]*)\)/g, `](${siteAddress}$1)`)
    .trim()
