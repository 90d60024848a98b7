// Prevents the mistake of a command that starts slowly because Node loads twenty small files: the files that every
// start and a warm `outbound-auth token` load become one.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compactCode } from './compact-code.mjs'
import { joinedName, joinFiles } from './join-files.mjs'
import { nameIn, parseModule, staticClosure } from './modules.mjs'

/** Files that are loaded later than `main.js`, and at each start or by a warm `token`. */
const laterFiles = ['dispatch.js', 'commands/token-command.js']
/** The name of the one file, in `dist`. It has no source of its own. */
export const bundleName = 'start.js'

/**
 * Replaces the files of a start in `dist` by one.
 *
 * @param {string} dist the folder, which has `main.js`
 */
export async function bundleStart(dist) {
  const files = staticClosure(dist, ['main.js', ...laterFiles])
    .filter((name) => name !== 'main.js')
    .sort()
  const main = withImports(dist, files)
  await joinFiles(dist, files, bundleName)
  writeFileSync(join(dist, 'main.js'), main)
  const bundle = join(dist, bundleName)
  writeFileSync(bundle, await compactCode(readFileSync(bundle, 'utf8')))
}

/**
 * The text of `main.js`, which imports the one file instead of the others.
 *
 * @param {string} dist
 * @param {readonly string[]} files
 */
function withImports(dist, files) {
  let text = readFileSync(join(dist, 'main.js'), 'utf8')
  // From the last to the first, so that the places of the others stay.
  for (const { moduleRequest, entries, start, end } of parseModule(dist, 'main.js').staticImports.reverse()) {
    const name = nameIn(dist, join(dist, moduleRequest.value))
    if (!files.includes(name)) continue
    const names = entries.map(
      ({ importName, localName }) =>
        `${joinedName(files, name, String(importName.name))} as ${localName.value}`,
    )
    text = `${text.slice(0, start)}import { ${names.join(', ')} } from './${bundleName}';${text.slice(end)}`
  }
  return text
}
