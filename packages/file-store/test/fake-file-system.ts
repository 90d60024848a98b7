import type { StoreFileHandle, StoreFileStats, StoreFileSystem } from '../src/index.js'

export const fakeStats: StoreFileStats = {
  mode: 0o100_600,
  uid: 1000,
  gid: 1000,
  mtimeMs: 0,
  size: 0,
  dev: 1,
}

/** The calls that a test answers by itself; any other call of the file system fails. */
export interface FakeCalls extends Partial<Omit<StoreFileSystem, 'open'>> {
  open?(path: string, flags: string): Promise<Partial<StoreFileHandle>>
}

/** A file system without files, and its calls. */
export function fakeFileSystem({ open, ...calls }: FakeCalls): {
  readonly fs: StoreFileSystem
  readonly log: string[]
} {
  const log: string[] = []
  const logged = <T extends object>(target: T, suffix: string): T => {
    const get = (_: unknown, name: string | symbol) => {
      // A handle is not a Promise.
      if (typeof name === 'symbol' || name === 'then') return undefined
      const call = (target as Record<string, ((...parameters: unknown[]) => unknown) | undefined>)[name]
      if (!call && name === 'read') return undefined
      return async (...parameters: unknown[]) => {
        log.push([name, ...parameters.map((each) => JSON.stringify(each)), suffix].join(' ').trim())
        if (!call && name !== 'close') throw new Error(`unexpected call of ${name}`)
        return call?.(...parameters)
      }
    }
    return new Proxy(target, { get }) as T
  }
  const opening = open && {
    open: async (path: string, flags: string) => logged(await open(path, flags), `of ${path}`),
  }
  return { fs: logged({ ...calls, ...opening }, '') as StoreFileSystem, log }
}

/** A call that fails like a system call. */
export function failing(code: string): () => Promise<never> {
  return async () => {
    throw Object.assign(new Error(`${code}: planted-text`), { code })
  }
}
