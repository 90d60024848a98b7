import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { nodeFileSystem } from '../../src/system/store-file-system.js'
import { temporaryFolder } from '../temporary-folder.js'

it.skipIf(process.platform === 'win32')(
  'open() of nodeFileSystem does not wait for the writer of a pipe that has just taken the place of a file',
  async () => {
    const path = join(await temporaryFolder(), 'pipe')
    execFileSync('mkfifo', [path])
    // More than there are threads.
    const handles = await Promise.all(Array.from({ length: 8 }, () => nodeFileSystem.open(path, 'r')))
    for (const handle of handles) {
      expect((await handle.stat()).size).toBe(0)
      await handle.close()
    }
  },
)
