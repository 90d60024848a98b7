import { basename, dirname, join, resolve } from 'node:path'
import { makeFolder } from '../system/make-folder.js'
import { type StoreFileSystem, unless } from '../system/store-file-system.js'

/**
 * The file at the end of all symbolic links, even if it does not exist yet. So all names of one file have one lock, and
 * replacing the file keeps the links. Makes the folder with mode 0700 if it does not exist.
 */
export async function resolvePath(fs: StoreFileSystem, path: string): Promise<string> {
  let link = resolve(path)
  // The limit of Linux is 40 links too.
  for (let depth = 0; depth < 40; depth++) {
    const found = await unless(['ENOENT'], fs.realpath(link))
    if (found !== undefined) return found
    // A link to a missing file is followed here.
    const target = await unless(['ENOENT', 'EINVAL'], fs.readlink(link))
    if (target === undefined) break
    link = resolve(dirname(link), target)
  }
  const folder = dirname(link)
  const found = await unless(['ENOENT'], fs.realpath(folder))
  if (found === undefined) await makeFolder(fs, folder)
  return join(found ?? (await fs.realpath(folder)), basename(link))
}
