import { dirname } from 'node:path'
import { errnoOf, type StoreFileSystem } from './store-file-system.js'

/**
 * Makes a folder with mode 0700, and the missing folders above it. The option `recursive` of Node fails with ENOENT in
 * a read-only file system.
 */
export async function makeFolder(fs: StoreFileSystem, path: string): Promise<void> {
  try {
    await fs.mkdir(path, { mode: 0o700 })
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'EEXIST') return
    const parent = dirname(path)
    if (errno !== 'ENOENT' || parent === path) throw error
    await makeFolder(fs, parent)
    // Another process may have made the folder, or removed its parent.
    await fs.mkdir(path, { mode: 0o700 }).catch((thrown: unknown) => {
      if (errnoOf(thrown) !== 'EEXIST') throw thrown
    })
  }
}
