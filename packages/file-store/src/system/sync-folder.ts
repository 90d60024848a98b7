import { type StoreFileSystem, unless } from './store-file-system.js'

/** What a file system without folders that can be synced says; Windows is one. */
const noFolderSync = ['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP', 'EBADF']

/** Puts the names in a folder on the disk. */
export async function syncFolder(fs: StoreFileSystem, folder: string): Promise<void> {
  const handle = await unless(noFolderSync, fs.open(folder, 'r'))
  if (!handle) return
  try {
    await unless(noFolderSync, handle.sync())
  } finally {
    await handle.close()
  }
}
