import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { listPackages, root } from '../../scripts/workspace.mjs'

const load = (path: string) => import(/* @vite-ignore */ pathToFileURL(join(root, 'site', path)).href)
const { readSection, relink, siteAddress, summaryOf } = await load('build/markdown.mjs')
const { headingAnchor } = await load('build/heading-anchor.mjs')
const { readDoc } = await load('build/api/read-doc.mjs')
const { checkLinks } = await load('checks/links.mjs')

const folder = mkdtempSync(join(tmpdir(), 'site-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the address of the site', () => {
  it('is the one that the command prints with each error', () => {
    const source = readFileSync(join(root, 'packages/cli/src/context/error-report.ts'), 'utf8')
    expect(source).toContain(`'${siteAddress}errors/'`)
  })
})

describe('docs/drawings', () => {
  const drawing = (name: string) => readFileSync(join(root, `docs/drawings/${name}.svg`), 'utf8')

  it('packages.svg shows every package', () => {
    const names = Array.from(drawing('packages').matchAll(/class="m code h">([^<]+)</g), ([, name]) => name)
    expect(names.sort()).toEqual(listPackages().map(({ folder: name }) => name))
  })

  it.each(['packages', 'request'])('%s.svg has a title, a description and colours for the dark', (name) => {
    expect(drawing(name)).toMatch(/<title id="[\w-]+">[^<]+<\/title>\s+<desc id="[\w-]+">[^<]+<\/desc>/)
    expect(drawing(name)).toContain('prefers-color-scheme:dark')
  })
})

describe('relink()', () => {
  const pages = new Map([
    ['packages/core/README.md', '/packages/core'],
    ['packages/core', '/packages/core'],
  ])

  it('leads to pages where there are some, and to GitHub for other files', () => {
    const github = 'https://github.com/outbound-auth/outbound-auth'
    const text = `[a](../packages/core/README.md#errors) [b](${github}/tree/main/packages/core#readme) [c](../LICENSE)`
    expect(relink(text, 'docs/x.md', pages)).toBe(
      `[a](/packages/core#errors) [b](/packages/core) [c](${github}/blob/main/LICENSE)`,
    )
  })

  it('leaves code and foreign addresses alone', () => {
    const text = '`[a](../x)` [b](https://example.com/a#b) [c](#d)\n```md\n[a](../x)\n```\n'
    expect(relink(text, 'docs/x.md', pages)).toBe(text)
  })

  it('rejects a link to a file that does not exist', () => {
    expect(() => relink('[a](gone.md)', 'docs/x.md', pages)).toThrow('docs/x.md links to gone.md')
  })
})

describe('readSection()', () => {
  it('gives a section, and never the whole file for a heading that is missing', () => {
    expect(readSection('SECURITY.md', 'Supported versions')).toMatch(/^Each package has its own version/)
    expect(() => readSection('SECURITY.md', 'Supported')).toThrow('SECURITY.md has no section "Supported"')
  })
})

describe('the small parts', () => {
  it('headingAnchor() gives the anchors of GitHub', () => {
    expect(headingAnchor("As an SDK's key function")).toBe('as-an-sdks-key-function')
    expect(headingAnchor('fetch, setGlobalDispatcher and `x_y`')).toBe('fetch-setglobaldispatcher-and-x_y')
  })

  it('summaryOf() gives the first sentence without marks', () => {
    expect(summaryOf('# T\n\n![x](y.svg)\n\nOne [link](a.md) and `code`. Two.\n')).toBe('One link and code.')
  })

  it('readDoc() takes a comment apart, also in one line', () => {
    expect(readDoc('* A text. @throws AuthError `ERR_AUTH_X` ')).toEqual({
      text: 'A text.',
      tags: [{ name: 'throws', text: 'AuthError `ERR_AUTH_X`' }],
    })
    expect(readDoc('*\n * A text.\n *\n * @default 5\n * @see https://example.com\n ').tags).toEqual([
      { name: 'default', text: '5' },
      { name: 'see', text: 'https://example.com' },
    ])
  })
})

describe('checkLinks()', () => {
  const base = new URL(siteAddress).pathname
  const page = (name: string, html: string) => {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), html)
  }

  it('names a page and an anchor that do not exist, and follows all others', () => {
    page('index.html', `<h1 id="top"></h1><a class="x" href="${base}a/#b">a</a><a href="#top">t</a>`)
    page('a/index.html', `<h2 id="b"></h2><a href="${base}">i</a><a href="${base}llms.txt">l</a>`)
    writeFileSync(join(folder, 'llms.txt'), '')
    expect(checkLinks(folder)).toEqual({ links: 4, pages: 2, problems: [] })
    page(
      'c.html',
      `<a href="${base}gone">g</a><a href="${base}a/#gone">h</a><a href="https://example.com/x">e</a>`,
    )
    expect(checkLinks(folder).problems).toEqual([
      `${base}c links to ${base}gone, which is not a page`,
      `${base}c links to ${base}a/#gone, which has no such heading`,
    ])
  })
})
