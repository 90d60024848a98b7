import { type StoreFileSystem, unless } from './store-file-system.js'

/** Error codes of a file system that cannot synchronise folders, such as that of Windows. */
const noFolderSync = ['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP', 'EBADF']

/** Writes the names in a folder to the disk. */
export async function syncFolder(fs: StoreFileSystem, folder: string): Promise<void> {
  const handle = await unless(noFolderSync, fs.open(folder, 'r'))
  if (!handle) return
  try {
    await unless(noFolderSync, handle.sync())
  } finally {
    await handle.close()
  }
}
