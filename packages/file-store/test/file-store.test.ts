import { chmod, mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AuthError, type AuthEvent } from '@outbound-auth/core'
import { describe, expect, it, vi } from 'vitest'
import { fileStore } from '../src/index.js'
import { temporaryFolder } from './temporary-folder.js'

interface Token {
  readonly accessToken: string
  readonly note?: string | undefined
}

const isWindows = process.platform === 'win32'
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

describe('fileStore()', () => {
  it('reads undefined where there is no file, or an empty one', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    expect(await fileStore({ path }).read()).toBeUndefined()
    await writeFile(path, '', { mode: 0o600 })
    expect(await fileStore({ path }).read()).toBeUndefined()
    expect(await fileStore({ path: join(path, '..', 'no', 'folder.json') }).read()).toBeUndefined()
  })

  it('update() writes indented JSON that any program can read, and returns it', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    const store = fileStore<Token>({ path })
    expect(await store.update(() => ({ accessToken: 'ä' }))).toEqual({ accessToken: 'ä' })
    expect(await readFile(path, 'utf8')).toBe('{\n  "accessToken": "ä"\n}\n')
    expect(await store.read()).toEqual({ accessToken: 'ä' })
  })

  it('update() leaves the file alone when the change gives undefined', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    await writeFile(path, '{"accessToken":"a"}', { mode: 0o600 })
    const { ino, mtimeMs } = await stat(path)
    expect(await fileStore({ path }).update(() => undefined)).toEqual({ accessToken: 'a' })
    expect(await stat(path)).toMatchObject({ ino, mtimeMs })
  })

  it('update() runs one change after the other, over several stores of one file', async () => {
    const path = join(await temporaryFolder(), 'count.json')
    const stores = Array.from({ length: 4 }, () => fileStore<number>({ path }))
    const changes = Array.from({ length: 40 }, (_, index) =>
      stores[index % 4]?.update((count = 0) => count + 1),
    )
    const counts = await Promise.all(changes)
    expect(counts.map(Number).sort((a, b) => a - b)).toEqual(changes.map((_, index) => index + 1))
  })

  it('update() waits no longer for the lock when isDone accepts the document', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    const holder = fileStore<Token>({ path })
    await holder.update(() => ({ accessToken: 'old' }))
    let release = () => {}
    const isHeld = new Promise<void>((entered) => {
      void holder.update(async () => {
        entered()
        await new Promise<void>((resolve) => {
          release = resolve
        })
        return undefined
      })
    })
    await isHeld
    const seen: (string | undefined)[] = []
    const change = vi.fn(() => undefined)
    const waiting = fileStore<Token>({ path }).update(change, {
      isDone(current) {
        seen.push(current?.accessToken)
        return current?.accessToken === 'new'
      },
    })
    await expect.poll(() => seen).toContain('old')
    await writeFile(path, '{"accessToken":"new"}', { mode: 0o600 })
    expect(await waiting).toEqual({ accessToken: 'new' })
    expect(change).not.toHaveBeenCalled()
    release()
  })

  it('a failing change leaves the document as it was, hands on its error, and lets the next one in', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    const store = fileStore<Token>({ path })
    await store.update(() => ({ accessToken: 'a' }))
    const failure = new Error('no network')
    const failing = store.update((current) => {
      Object.assign(current ?? {}, { accessToken: 'half' })
      throw failure
    })
    await expect(failing).rejects.toBe(failure)
    expect(await store.update((current) => ({ accessToken: `${current?.accessToken}b` }))).toEqual({
      accessToken: 'ab',
    })
  })

  it('a change may alter what it gets and give it back', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    const store = fileStore<Record<string, unknown>>({ path })
    await store.update(() => ({ a: 1, b: { c: 2 } }))
    await store.update((document) => {
      delete document?.['a']
      return Object.assign(document ?? {}, { d: 3 })
    })
    expect(await store.read()).toEqual({ b: { c: 2 }, d: 3 })
  })

  it('update() rejects what JSON cannot hold', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    const problem = new TypeError('fileStore: a change must return a JSON value')
    await expect(fileStore({ path }).update(() => () => {})).rejects.toThrow(problem)
    await expect(fileStore({ path }).update(() => 1n)).rejects.toThrow(TypeError)
    expect(await fileStore({ path }).update(() => ({ ok: true }))).toEqual({ ok: true })
  })

  it('a signal ends the wait for the lock with its reason, and not a change that has begun', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    const [first, second] = [fileStore<string>({ path }), fileStore<string>({ path })]
    const controller = new AbortController()
    const reason = new Error('gave up')
    let wasCalled = false
    const begun = first.update(
      async () => {
        const waiting = [first, second].map((store) =>
          store.update(
            () => {
              wasCalled = true
              return undefined
            },
            { signal: controller.signal },
          ),
        )
        setTimeout(() => controller.abort(reason), 40)
        expect(await Promise.all(waiting.map((each) => each.catch((error) => error)))).toEqual([
          reason,
          reason,
        ])
        return 'done'
      },
      { signal: controller.signal },
    )
    expect(await begun).toBe('done')
    expect(wasCalled).toBe(false)
    await expect(second.update(() => 'x', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(await second.update(() => 'next')).toBe('next')
  })

  it.each([
    ['the number 20', undefined],
    ['a text', Object.assign(new Error('gave up'), { code: 'ABORT_ERR' })],
  ])('hands on the reason of a signal also when it has a code: %s', async (_, reason) => {
    const path = join(await temporaryFolder(), 'token.json')
    const controller = new AbortController()
    const [holder, waiter] = [fileStore<string>({ path }), fileStore<string>({ path })]
    await holder.update(async () => {
      const waiting = waiter.update(() => 'x', { signal: controller.signal })
      setTimeout(() => controller.abort(reason), 40)
      const thrown = await waiting.catch((error: unknown) => error)
      expect(thrown).toBe(controller.signal.reason)
      return 'done'
    })
    expect(controller.signal.reason).toMatchObject({ code: reason?.code ?? 20 })
  })

  it('keeps its file when the process changes its folder', async () => {
    const earlier = process.cwd()
    vi.spyOn(process, 'cwd').mockReturnValue(await temporaryFolder())
    const store = fileStore({ path: 'token.json' })
    await store.update(() => 1)
    vi.mocked(process.cwd).mockReturnValue(earlier)
    expect(await store.read()).toBe(1)
    vi.restoreAllMocks()
  })

  it('rejects malformed options at once', () => {
    for (const path of ['', 'a\0b']) {
      expect(() => fileStore({ path })).toThrow(TypeError)
      expect(() => fileStore({ path })).toThrow('fileStore: path must be the path of a file')
    }
    const wanted = 'must be more than 0 and less than 2 ** 31'
    expect(() => fileStore({ path: 'a', lockTimeoutMs: 0 })).toThrow(`lockTimeoutMs ${wanted}`)
    expect(() => fileStore({ path: 'a', holderTimeoutMs: 2 ** 31 })).toThrow(`holderTimeoutMs ${wanted}`)
    expect(() => fileStore({ path: 5 as never })).toThrow('fileStore: path must be the path of a file, got 5')
    expect(() => fileStore({ path: 'a', pth: 'b' } as { path: string })).toThrow(
      'fileStore: unknown option "pth"; it has path, parse, lockTimeoutMs, holderTimeoutMs, observer, fs',
    )
  })
})

describe('parse of fileStore()', () => {
  const tokenOf = (json: unknown): Token => {
    const { accessToken, note } = json as Token
    if (typeof accessToken !== 'string') throw new Error(`not a token: ${JSON.stringify(json)}`)
    return note === undefined ? { accessToken } : { accessToken, note }
  }

  it('gives the document its type, and its properties that are left out stay in the file', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    const text = '{ "__proto__": { "x": 1 }, "accessToken": "a", "note": "n", "later": { "version": 2 } }'
    await writeFile(path, text, { mode: 0o600 })
    const store = fileStore({ path, parse: tokenOf })
    expect(await store.read()).toEqual({ accessToken: 'a', note: 'n' })
    await store.update(() => ({ accessToken: 'b' }))
    expect(await readFile(path, 'utf8')).toBe(
      `${JSON.stringify(JSON.parse('{"accessToken":"b","__proto__":{"x":1},"later":{"version":2}}'), null, 2)}\n`,
    )
  })

  it('properties that it leaves out of a nested object stay, too, and arrays are replaced', async () => {
    const path = join(await temporaryFolder(), 'auth.json')
    const document = { tokens: { access: 'a', id: 'i' }, list: [{ a: 1, b: 2 }], mode: null }
    await writeFile(path, JSON.stringify(document), { mode: 0o600 })
    const parse = (json: unknown) => {
      const { tokens, list } = json as typeof document
      return { tokens: { access: tokens.access }, list: list.map(({ a }) => ({ a })) }
    }
    await fileStore({ path, parse }).update(() => ({ tokens: { access: 'b' }, list: [{ a: 3 }] }))
    expect(await fileStore({ path }).read()).toEqual({
      tokens: { access: 'b', id: 'i' },
      list: [{ a: 3 }],
      mode: null,
    })
  })

  it('what it throws is ERR_AUTH_STORE_CORRUPT without its text, and an AuthError stays as it is', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    await writeFile(path, '{"accessToken":["planted-secret"]}', { mode: 0o600 })
    const error = await fileStore({ path, parse: tokenOf })
      .read()
      .catch((thrown) => thrown)
    expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_STORE_CORRUPT' })
    expect(String(error.stack)).not.toContain('planted-secret')
    const parseError = AuthError.build('the login has another account', { code: 'ERR_AUTH_CREDENTIAL' })
    const parse = (): number => {
      throw parseError
    }
    await expect(fileStore({ path, parse }).update(() => 1)).rejects.toBe(parseError)
  })
})

describe('the file of fileStore()', () => {
  it.skipIf(isWindows)('is readable by its owner alone, and so is a folder that is made for it', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'new', 'deep', 'token.json')
    await fileStore({ path }).update(() => ({ a: 1 }))
    expect(await modeOf(path)).toBe('600')
    expect(await modeOf(join(folder, 'new'))).toBe('700')
    expect(await modeOf(join(folder, 'new', 'deep'))).toBe('700')
    expect(await modeOf(join(folder, 'new', 'deep', 'token.json.locks'))).toBe('700')
  })

  it.skipIf(isWindows)(
    'a wider mode is reported by read(), corrected by update(), and a broken observer changes nothing',
    async () => {
      const path = join(await temporaryFolder(), 'token.json')
      const events: AuthEvent[] = []
      const observer = (event: AuthEvent) => {
        events.push(event)
        throw new Error('broken observer')
      }
      for (const next of [undefined, { a: 1 }]) {
        await writeFile(path, '{"a":1}')
        await chmod(path, 0o644)
        const store = fileStore({ path, observer })
        expect(await store.read()).toEqual({ a: 1 })
        expect(await store.read()).toEqual({ a: 1 })
        expect(await modeOf(path)).toBe('644')
        expect(await store.update(() => next)).toEqual({ a: 1 })
        expect(await modeOf(path)).toBe('600')
        const said = events.splice(0)
        expect(said).toEqual([
          expect.objectContaining({ type: 'warned', kind: 'file-store', code: 'ERR_AUTH_STORE_MODE' }),
          expect.objectContaining({ type: 'warned', kind: 'file-store', code: 'ERR_AUTH_STORE_MODE' }),
        ])
        expect(said[0]).toMatchObject({ message: expect.stringContaining('0644, the next update') })
        expect(said[1]).toMatchObject({ message: expect.stringContaining('0644, it is now 0600') })
      }
    },
  )

  it('is replaced where symbolic links lead, and the links stay', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'real'))
    await symlink('real', join(folder, 'alias'))
    await symlink('alias/token.json', join(folder, 'link.json'))
    const path = join(folder, 'link.json')
    // First the link leads nowhere, then to a file.
    for (const count of [1, 2]) {
      expect(await fileStore<number>({ path }).update((before = 0) => before + 1)).toBe(count)
      expect(await readlink(path)).toBe('alias/token.json')
      expect(await readFile(join(folder, 'real', 'token.json'), 'utf8')).toBe(`${count}\n`)
    }
    expect((await readdir(folder)).sort()).toEqual(['alias', 'link.json', 'real'])
  })

  it('has one lock under all its names', async () => {
    const folder = await temporaryFolder()
    await symlink('token.json', join(folder, 'link.json'))
    const stores = ['token.json', 'link.json'].map((name) => fileStore<number>({ path: join(folder, name) }))
    const changes = Array.from({ length: 20 }, (_, index) =>
      stores[index % 2]?.update((count = 0) => count + 1),
    )
    await Promise.all(changes)
    expect(await stores[0]?.read()).toBe(20)
  })

  it('a circle of links is an AuthError', async () => {
    const folder = await temporaryFolder()
    await symlink('b.json', join(folder, 'a.json'))
    await symlink('a.json', join(folder, 'b.json'))
    const store = fileStore({ path: join(folder, 'a.json') })
    await expect(store.read()).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_STORE_ACCESS' })
    await expect(store.update(() => 1)).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_STORE_ACCESS',
    })
  })

  it('that is not JSON is an AuthError without its content, and is never overwritten', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    for (const content of ['{"planted-secret', Buffer.from([0x22, 0xff, 0x22])]) {
      await writeFile(path, content, { mode: 0o600 })
      for (const work of ['read', 'update'] as const) {
        const error = await fileStore({ path })
          [work](() => 1)
          .catch((thrown) => thrown)
        const message = `Cannot read ${path}: it is not JSON`
        expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_STORE_CORRUPT', message })
        expect(String((error as Error).stack)).not.toContain('planted-secret')
      }
      expect(await readFile(path)).toEqual(Buffer.from(content))
    }
  })

  it('that another program is just writing in place is read when it is whole', async () => {
    const path = join(await temporaryFolder(), 'token.json')
    await writeFile(path, '{"access', { mode: 0o600 })
    setTimeout(() => writeFile(path, '{"accessToken":"a"}'), 20)
    expect(await fileStore({ path }).read()).toEqual({ accessToken: 'a' })
  })

  it('keeps the temporary files of others, and loses those of dead holders', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'token.json')
    const temporary = ['.token.json.7-0123456789abcdef.tmp', '.token.json.12-fedcba9876543210.tmp']
    const foreign = [
      ...['.token.json.tmp', '.other.json.7-0123456789abcdef.tmp', '.token.json.7-0123.tmp'],
      '.token.json.7-0123456789abcdef.tmp.bak',
    ]
    for (const name of [...temporary, ...foreign]) await writeFile(join(folder, name), 'x')
    await fileStore({ path }).update(() => 1)
    expect((await readdir(folder)).sort()).toEqual([...foreign, 'token.json', 'token.json.locks'].sort())
  })
})
