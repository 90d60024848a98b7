// Prevents the mistake of a search that knows a name and shows it below others: asks the built index for each error
// code and each symbol, as the page does, and expects its own page first.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import MiniSearch from 'minisearch'
import { readApi } from '../build/api/read-api.mjs'
import { readErrors } from '../build/errors.mjs'
import { siteAddress } from '../build/markdown.mjs'
import { searchOptions } from '../build/search-options.mjs'

/** The options that the search box of VitePress 1.6.4 sets. */
const own = { fields: ['title', 'titles', 'text'], storeFields: ['title', 'titles'] }

/**
 * @param {string} dist the built site
 * @returns {Promise<{ words: number, problems: string[] }>}
 */
export async function checkSearch(dist) {
  const chunks = join(dist, 'assets/chunks')
  const file = readdirSync(chunks).find((name) => name.startsWith('@localSearchIndexroot'))
  if (!file) throw new Error(`${chunks} has no search index`)
  const { default: index } = await import(pathToFileURL(join(chunks, file)).href)
  const { options, searchOptions: how } = searchOptions.miniSearch
  const search = MiniSearch.loadJSON(index, { ...own, ...options, searchOptions: how })
  const base = new URL(siteAddress).pathname
  // Two packages may have the same name: either page may come first.
  const wanted = new Map([...readErrors().keys()].map((code) => [code, [`${base}errors/${code}`]]))
  for (const { name, folder, slug } of readApi())
    wanted.set(name, [...(wanted.get(name) ?? []), `${base}api/${folder}/${slug}`])
  const problems = [...wanted].flatMap(([word, pages]) => {
    const first = search.search(word)[0]?.id ?? 'nothing'
    const found = String(first)
      .split('#')[0]
      ?.replace(/\.html$/, '')
    return pages.includes(found ?? '')
      ? []
      : [`a search for ${word} finds ${first} first, not ${pages.join(' or ')}`]
  })
  return { words: wanted.size, problems }
}
