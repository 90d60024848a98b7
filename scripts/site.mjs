// Prevents the mistake of a documentation that differs from the code, or leads nowhere: makes the site of READMEs,
// guides and built declarations, and checks each link, anchor, name in the search, and the width on a phone. `site` is
// a workspace of its own, which no other command installs. `--serve` shows the site and changes it
// while guides are edited.
import { watch } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { root } from './workspace.mjs'
import { installApart, runNode } from './workspace-apart.mjs'

const folder = `${root}/site`
const started = performance.now()

installApart(folder)
runGenerator()
if (process.argv.includes('--serve')) await serve()
else {
  runNode(['node_modules/vitepress/bin/vitepress.js', 'build'], { cwd: folder })
  await check()
}

function runGenerator() {
  runNode(['build/generate.mjs'], { cwd: folder })
}

async function serve() {
  for (const path of ['docs', 'packages', 'site/front.md', 'README.md', 'SECURITY.md']) {
    watch(`${root}/${path}`, { recursive: true }, (_, name) => {
      if (!name || /\.(?:md|svg)$/.test(name)) runGenerator()
    })
  }
  const { createServer } = await import(
    pathToFileURL(`${folder}/node_modules/vitepress/dist/node/index.js`).href
  )
  const server = await createServer(folder)
  await server.listen()
  server.printUrls()
}

async function check() {
  const load = (/** @type {string} */ name) => import(pathToFileURL(`${folder}/checks/${name}.mjs`).href)
  const [{ checkLinks }, { checkSearch }, { checkWidth, findBrowser }] = await Promise.all(
    ['links', 'search', 'width'].map(load),
  )
  const dist = `${folder}/.vitepress/dist`
  const problems = []
  const links = checkLinks(dist)
  console.log(`${links.links} links on ${links.pages} pages, ${links.problems.length} lead nowhere`)
  problems.push(...links.problems)
  const search = await checkSearch(dist)
  console.log(`${search.words} codes and symbols, ${search.problems.length} are not found first`)
  problems.push(...search.problems)
  const browser = findBrowser()
  if (browser) {
    try {
      const width = await checkWidth(dist, browser)
      console.log(`${width.pages} pages at 390 pixels, ${width.problems.length} scroll sideways`)
      problems.push(...width.problems)
    } catch (error) {
      console.log(`The width of the pages is left out, since ${error}`)
    }
  } else console.log('The width of the pages is left out, since Chromium is not installed (CHROME_BIN)')
  for (const problem of problems) console.error(problem)
  console.log(
    `Built and checked in ${((performance.now() - started) / 1000).toFixed(1)} s: site/.vitepress/dist`,
  )
  process.exitCode = problems.length > 0 ? 1 : 0
}
