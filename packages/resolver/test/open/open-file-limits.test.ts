import { execFile, execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, truncateSync, writeSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { build } from 'esbuild'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createResolver, type ResolvedAuth } from '../../src/index.js'

const baseUrl = 'https://api.example.com'
const isLinux = process.platform === 'linux'

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outbound-auth-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

const resolver = () => createResolver({ bearer: bearerAuth, 'api-key': apiKeyAuth })

async function sentBy({ provider }: ResolvedAuth, name = 'authorization'): Promise<string | null> {
  const request = { method: 'GET', url: baseUrl, headers: createHeaderMap() }
  return (await applyAuth(provider, request)).headers.get(name)
}

async function failureOf(file: string): Promise<Error> {
  const auth = await resolver().resolve({ kind: 'bearer', token: { file }, baseUrl })
  return sentBy(auth).then(
    () => new Error('It did not fail'),
    (error) => error,
  )
}

/** A pipe as a shell gives it to a program. */
async function givenPipe(): Promise<{ reader: number; writer: number }> {
  const path = join(await temporaryFolder(), 'pipe')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  onTestFinished(() => closeSync(reader))
  return { reader, writer: openSync(path, 'w') }
}

describe('{ file } in a definition', () => {
  it('of 1 MiB is read, and a larger one is an error that says so', async () => {
    const file = join(await temporaryFolder(), 'token')
    await writeFile(file, 'x'.repeat(2 ** 20))
    const auth = await resolver().resolve({ kind: 'bearer', token: { file }, baseUrl })
    expect(await sentBy(auth)).toHaveLength(2 ** 20 + 'Bearer '.length)
    for (const size of [2 ** 20 + 1, 400e6]) {
      truncateSync(file, size)
      const error = await failureOf(file)
      expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_MISSING_FILE' })
      expect(error.message).toBe(
        `Cannot resolve bearer: token: file ${file} is larger than 1 MiB, the limit for a secret`,
      )
    }
  })

  it('whose injected readFile gives more than 1 MiB is the same error', async () => {
    const { resolve } = createResolver(
      { bearer: bearerAuth },
      { readFile: async () => 'x'.repeat(2 ** 20 + 1) },
    )
    const auth = await resolve({ kind: 'bearer', token: { file: '/x/y' }, baseUrl })
    await expect(sentBy(auth)).rejects.toThrow('file /x/y is larger than 1 MiB, the limit for a secret')
  })

  it.skipIf(process.platform === 'win32')('that is no regular file is an error at once', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'a directory'))
    execFileSync('mkfifo', [join(folder, 'a pipe')])
    await symlink('/dev/zero', join(folder, 'a character device'))
    for (const name of ['a directory', 'a pipe', 'a character device']) {
      const error = await failureOf(join(folder, name))
      expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_MISSING_FILE' })
      expect(error.message).toContain(`${name} is ${name}, not a regular file`)
    }
    expect((await failureOf('/dev/null')).message).toContain('/dev/null is blank')
  })
})

describe.runIf(isLinux)('{ file } that is a pipe which the process was given', () => {
  it('is read once, for all definitions, all requests and all names', async () => {
    const { reader, writer } = await givenPipe()
    const { resolve } = resolver()
    const token = { file: `/dev/fd/${reader}` }
    const definitions = [
      { kind: 'bearer', token, baseUrl },
      { kind: 'bearer', token: { file: `/proc/self/fd/${reader}` }, baseUrl },
      { kind: 'api-key', key: token, header: 'authorization', prefix: 'Bearer ', baseUrl },
    ] as const
    const auths = await Promise.all(definitions.map((definition) => resolve(definition)))
    const sent = Promise.all(auths.map((auth) => sentBy(auth)))
    writeSync(writer, 'secret-')
    await new Promise((done) => setTimeout(done, 50))
    writeSync(writer, '1\n')
    closeSync(writer)
    expect(await sent).toEqual(Array(3).fill('Bearer secret-1'))
    // Another definition with the same pipe, later.
    const later = await resolve({ kind: 'bearer', token, baseUrl, now: () => new Date(Date.now() + 60_000) })
    expect(await sentBy(later)).toBe('Bearer secret-1')
  })

  it('is not read again after a rejection', async () => {
    const { reader, writer } = await givenPipe()
    writeSync(writer, 'secret-1')
    closeSync(writer)
    const auth = await resolver().resolve({ kind: 'bearer', token: { file: `/dev/fd/${reader}` }, baseUrl })
    await sentBy(auth)
    const headers = createHeaderMap({ authorization: 'Bearer secret-1' })
    const request = { method: 'GET', url: baseUrl, headers }
    const rejection = {
      request,
      status: 401,
      headers: createHeaderMap(),
      readBody: async () => '',
      attempt: 0,
    }
    expect(await auth.provider.recover?.(rejection)).toBe(false)
    expect(await sentBy(auth)).toBe('Bearer secret-1')
  })

  it('has the limit of a secret, and may not be blank', async () => {
    const large = await givenPipe()
    onTestFinished(() => closeSync(large.writer))
    const failing = failureOf(`/dev/fd/${large.reader}`)
    const chunk = 'x'.repeat(4096)
    const write = promisify((await import('node:fs')).write)
    for (let size = 0; size <= 2 ** 20; size += chunk.length) await write(large.writer, chunk)
    expect((await failing).message).toContain('is larger than 1 MiB, the limit for a secret')
    const blank = await givenPipe()
    closeSync(blank.writer)
    expect((await failureOf(`/dev/fd/${blank.reader}`)).message).toContain('is blank')
  })

  it('works with <( ) of a shell, and keeps no process alive for a caller that has given up', async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `
          import { bearerAuth } from '@outbound-auth/bearer'
          import { toAuthHeaders, applyAuth, createHeaderMap } from '@outbound-auth/core'
          import { createResolver } from '@outbound-auth/resolver'
          const { resolve } = createResolver({ bearer: bearerAuth })
          const baseUrl = 'https://api.example.com'
          for (const file of process.argv.slice(2)) {
            const { provider } = await resolve({ kind: 'bearer', token: { file }, baseUrl })
            const request = { method: 'GET', url: baseUrl, headers: createHeaderMap() }
            const signal = file === process.argv[3] ? AbortSignal.timeout(300) : undefined
            const sent = await applyAuth(provider, request, { signal }).catch((error) => error.name)
            console.log(sent.headers?.get('authorization') ?? sent)
          }`,
        resolveDir: fileURLToPath(new URL('..', import.meta.url)),
        loader: 'js',
      },
      conditions: ['@outbound-auth/source', 'node'],
      bundle: true,
      format: 'esm',
      platform: 'node',
      write: false,
    })
    const script = join(await temporaryFolder(), 'app.mjs')
    await writeFile(script, outputFiles[0]?.text ?? '')
    const { stdout } = await promisify(execFile)('bash', [
      '-c',
      `"$0" "$1" <(sleep 0.1; echo secret-1) <(exec sleep 30 2> /dev/null)`,
      process.execPath,
      script,
    ])
    expect(stdout).toBe('Bearer secret-1\nTimeoutError\n')
  })
})
