import type { AuthObserver } from '@outbound-auth/core'
import { notify } from '@outbound-auth/core/provider'
import type { StoreFileStats, StoreFileSystem } from '../system/store-file-system.js'

/** Watches the rights that users other than its owner have to a file. */
export interface ModeWatch {
  /** Warns of a wider mode, once until the mode changes. */
  report(stats: StoreFileStats | undefined): void
  /** Removes the rights of other users, and warns. The caller holds the lock, and has checked the document. */
  correct(fs: StoreFileSystem, stats: StoreFileStats | undefined): Promise<void>
}

/** Makes a {@link ModeWatch} for one file. */
export function modeWatch(path: string, observer: AuthObserver | undefined): ModeWatch {
  let reported: number | undefined

  /** The mode of the last warning. */
  function wideMode(stats: StoreFileStats | undefined): number | undefined {
    const mode = stats && stats.mode & 0o777
    return mode && mode & 0o077 && process.platform !== 'win32' ? mode : undefined
  }
  function warn(mode: number, what: string): void {
    const shown = mode.toString(8).padStart(4, '0')
    const message = `${path} could be read by others: its mode was ${shown}, ${what}`
    notify(observer, { type: 'warned', kind: 'file-store', code: 'ERR_AUTH_STORE_MODE', message })
  }

  return {
    report(stats) {
      const mode = wideMode(stats)
      if (mode !== undefined && mode !== reported) warn(mode, 'the next update changes it to 0600')
      reported = mode
    },
    async correct(fs, stats) {
      const mode = wideMode(stats)
      if (mode === undefined) return
      const isCorrected = await narrow(fs, path).catch(() => false)
      warn(mode, isCorrected ? 'it is now 0600' : 'it could not be changed to 0600')
      reported = isCorrected ? undefined : mode
    },
  }
}

async function narrow(fs: StoreFileSystem, path: string): Promise<boolean> {
  const handle = await fs.open(path, 'r')
  try {
    await handle.chmod(0o600)
  } finally {
    await handle.close()
  }
  return true
}
