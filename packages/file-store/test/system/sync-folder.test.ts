import { describe, expect, it } from 'vitest'
import { syncFolder } from '../../src/system/sync-folder.js'
import { failing, fakeFileSystem } from '../fake-file-system.js'

const noFolderSync = ['EISDIR', 'EPERM', 'EINVAL', 'ENOTSUP', 'EBADF']

describe('syncFolder()', () => {
  it('synchronises a folder, and closes it', async () => {
    const { fs, log } = fakeFileSystem({ open: async () => ({ sync: async () => {} }) })
    await syncFolder(fs, '/a')
    expect(log).toEqual(['open "/a" "r"', 'sync of /a', 'close of /a'])
  })

  it.each(noFolderSync)('is content with a system that says %s', async (code) => {
    const closed = fakeFileSystem({ open: failing(code) })
    await syncFolder(closed.fs, '/a')
    const open = fakeFileSystem({ open: async () => ({ sync: failing(code) }) })
    await syncFolder(open.fs, '/a')
    expect(open.log.at(-1)).toBe('close of /a')
  })

  it('rejects with any other failure, and closes the folder', async () => {
    await expect(syncFolder(fakeFileSystem({ open: failing('EIO') }).fs, '/a')).rejects.toThrow('EIO')
    const { fs, log } = fakeFileSystem({ open: async () => ({ sync: failing('EIO') }) })
    await expect(syncFolder(fs, '/a')).rejects.toThrow('EIO')
    expect(log.at(-1)).toBe('close of /a')
  })
})
