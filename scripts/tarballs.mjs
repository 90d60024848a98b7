// Prevents the mistake of a first try that needs a registry: installs, builds, and packs all packages into the folder
// `tarballs` of another project, from which npm installs them.
//
// npm run tarballs -- ../my-app
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { bootstrap } from './bootstrap.mjs'
import { packAll } from './check-pack/pack-all.mjs'
import { root } from './workspace.mjs'

const [project = root] = process.argv.slice(2)
if (!existsSync(project)) {
  console.error(`npm run tarballs: there is no folder ${resolve(project)}. Name the folder of your project.`)
  process.exit(1)
}
bootstrap({ without: 'cloudflare-tests' })

const folder = join(resolve(project), 'tarballs')
mkdirSync(folder, { recursive: true })
for (const { folder: name, tarball } of await packAll(folder)) {
  renameSync(tarball, join(folder, `${name}.tgz`))
}
const usual = ['core', 'bearer', 'fetch'].map((name) => `./tarballs/${name}.tgz`).join(' ')
const place = relative(process.cwd(), resolve(project))
console.log(
  `Packed into ${folder}. In ${place || 'another project, with a copy of this folder'}:\n\nnpm install ${usual}`,
)
