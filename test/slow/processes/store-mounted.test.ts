import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isFull } from './worker.js'

const canMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0
if (!canMount) console.log('Skipped: files that are mounted on their own need root and `unshare -m`')

const workerOf = (name: string) => fileURLToPath(new URL(`../workers/${name}.mjs`, import.meta.url))
const old = '{\n  "text": "old"\n}\n'

/** A file, and a place where it is mounted in the namespaces of {@link run}. */
async function mountedFile(): Promise<{ folder: string; path: string; host: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'outbound-auth-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const [path, host] = [join(folder, 'auth.json'), `${folder}-host.json`]
  onTestFinished(() => rm(host, { force: true }))
  await writeFile(path, '')
  await writeFile(host, old, { mode: 0o600 })
  return { folder, path, host }
}

/** Runs a worker in a mount namespace of its own, after `setup`. Gives what it printed, or the signal that ended it. */
function run(
  { path, host }: { readonly path: string; readonly host: string },
  worker: string,
  args: readonly string[],
  setup = 'mount --bind "$2" "$1"',
): Promise<string> {
  const script = `set -e; folder=$(dirname "$1"); ${setup}; shift 2; exec "$@"`
  const command = ['-m', 'sh', '-c', script, 'sh', path, host, process.execPath, workerOf(worker), ...args]
  return new Promise((resolve, reject) => {
    execFile('unshare', command, (error, stdout, stderr) => {
      if (error && error.signal === null && error.code !== 137) reject(new Error(stderr))
      else resolve(error ? 'killed' : stdout)
    })
  })
}

describe.runIf(canMount)('fileStore() on a file that is mounted on its own', () => {
  it('update() writes it in place, and leaves no copy', async () => {
    const file = await mountedFile()
    const outcome = JSON.parse(await run(file, 'mounted-store', ['change', file.path]))
    expect(outcome).toEqual({
      first: { text: 'first' },
      second: 'second',
      third: { text: 'third' },
      isSame: true,
      mode: 0o600,
      left: [],
      raw: '{\n  "text": "third"\n}\n',
    })
    expect((await readdir(file.folder)).sort()).toEqual(['auth.json', 'auth.json.locks'])
  })

  it('update() writes it in place, also when the folder of the lock is on another disk', async () => {
    const file = await mountedFile()
    const setup = 'mount --bind "$2" "$1"; mkdir "$1.locks"; mount -t tmpfs none "$1.locks"'
    expect(JSON.parse(await run(file, 'mounted-store', ['change', file.path], setup))).toMatchObject({
      third: { text: 'third' },
      left: [],
      isSame: true,
    })
  })

  it.each([
    ['is read-only', 'mount --bind "$2" "$1"; mount -o remount,bind,ro "$1"', 'EROFS', 'build'],
    [
      'has no room for a copy beside it',
      // One page is left for the file of the lock, and none for a copy.
      'cd /; mount -t tmpfs -o size=16k none "$folder"; : > "$1"; mount --bind "$2" "$1"; head -c 12k /dev/zero > "$folder/full"',
      'ENOSPC',
      'transient',
    ],
    [
      'lies in a read-only folder',
      'mount -t tmpfs none "$folder"; : > "$1"; mount --bind "$2" "$1"; mount -o remount,ro "$folder"',
      'EROFS',
      'build',
    ],
  ])('update() fails before it calls the change when the file %s', async (_, setup, code, kind) => {
    const file = await mountedFile()
    const outcome = JSON.parse(await run(file, 'mounted-store', ['refuse', file.path], setup))
    expect(outcome).toMatchObject({ wasCalled: false, kind, raw: old })
    expect(outcome.message).toMatch(new RegExp(`^Cannot (write|lock) ${file.path}: ${code}$`))
  })

  it('a process that is killed at any call leaves the old or the new document, and the next repairs it', async () => {
    const counted = await mountedFile()
    const printed = await run(counted, 'killed-writer', [counted.path, '', 'print'])
    const [calls = 0, before = 0] = printed.split(' ').map(Number)
    expect(calls).toBeGreaterThan(30)
    const texts = { old: 0, new: 0 }
    // The calls before the change are those of any file.
    let next = isFull ? 0 : before - 1
    const killEach = async () => {
      while (next < calls) {
        const call = next++
        const file = await mountedFile()
        expect(await run(file, 'killed-writer', [file.path, String(call)]), `call ${call}`).toBe('killed')
        const outcome = JSON.parse(await run(file, 'mounted-store', ['repair', file.path]))
        expect(outcome, `call ${call}`).toMatchObject({
          repaired: outcome.read,
          isUnchanged: true,
          isWhole: true,
          left: [],
          last: { text: 'next' },
        })
        expect(outcome.tookMs, `call ${call}`).toBeLessThan(2500)
        expect(['old', 'new'.repeat(1000)], `call ${call}`).toContain(outcome.read.text)
        texts[outcome.read.text === 'old' ? 'old' : 'new'] += 1
      }
    }
    await Promise.all([killEach(), killEach()])
    expect(texts.old).toBeGreaterThan(0)
    expect(texts.new).toBeGreaterThan(3)
    console.log(`mounted, killed at ${texts.old + texts.new} of ${calls} calls: ${JSON.stringify(texts)}`)
  }, 240_000)
})
