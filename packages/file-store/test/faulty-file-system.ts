import * as nodeFs from 'node:fs/promises'
import type { StoreFileHandle, StoreFileSystem } from '../src/index.js'

/** Called before each call; what it throws is what the call does. */
export type Fault = (call: string, path: string, to?: string) => void | Promise<void>

/** Node's file system, in which a test can make each call fail or wait. */
export function faultyFileSystem(fault: Fault): StoreFileSystem {
  const handleOf = (handle: nodeFs.FileHandle, path: string): StoreFileHandle => {
    const before = async (call: string) => fault(`handle.${call}`, path)
    return {
      read: (buffer, offset, length) => before('read').then(() => handle.read(buffer, offset, length)),
      readFile: () => before('readFile').then(() => handle.readFile()),
      writeFile: (text) => before('writeFile').then(() => handle.writeFile(text)),
      stat: () => before('stat').then(() => handle.stat()),
      chmod: (mode) => before('chmod').then(() => handle.chmod(mode)),
      chown: (uid, gid) => before('chown').then(() => handle.chown(uid, gid)),
      sync: () => before('sync').then(() => handle.sync()),
      async close() {
        // A descriptor is gone even when closing it fails.
        await handle.close()
        await before('close')
      },
    }
  }
  const before = async (call: string, path: string, to?: string) => fault(call, path, to)
  return {
    mkdir: (path, options) => before('mkdir', path).then(() => nodeFs.mkdir(path, options)),
    open: (path, flags, mode) =>
      before(`open ${flags}`, path)
        .then(() => nodeFs.open(path, flags, mode))
        .then((handle) => handleOf(handle, path)),
    readdir: (path) => before('readdir', path).then(() => nodeFs.readdir(path)),
    readlink: (path) => before('readlink', path).then(() => nodeFs.readlink(path)),
    realpath: (path) => before('realpath', path).then(() => nodeFs.realpath(path)),
    rename: (from, to) => before('rename', from, to).then(() => nodeFs.rename(from, to)),
    stat: (path) => before('stat', path).then(() => nodeFs.stat(path)),
    unlink: (path) => before('unlink', path).then(() => nodeFs.unlink(path)),
    utimes: (path, accessedAt, modifiedAt) =>
      before('utimes', path).then(() => nodeFs.utimes(path, accessedAt, modifiedAt)),
  }
}

/** The error of a failed system call. */
export function systemError(code: string, call: string): Error {
  return Object.assign(new Error(`${code}: planted-text, ${call}`), { code, syscall: call, errno: -1 })
}
