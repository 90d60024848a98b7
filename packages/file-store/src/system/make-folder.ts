import { dirname } from 'node:path'
import { errnoOf, type StoreFileSystem } from './store-file-system.js'

/**
 * Makes a folder, for its owner alone, and the folders above it that do not exist. Node's own `recursive` reports
 * ENOENT for a file system that cannot be written to.
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
    // Another process may have been faster, or have removed the parent again.
    await fs.mkdir(path, { mode: 0o700 }).catch((thrown: unknown) => {
      if (errnoOf(thrown) !== 'EEXIST') throw thrown
    })
  }
}
