import { cpSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { loadConfig, runBuild } from 'metro'
import { beforeAll, expect, it } from 'vitest'
import { makeProject, programOf, runProgram } from '../support/project.js'
import { blocksOf } from '../support/recipe.js'

const [block] = blocksOf('docs/recipes/react-native.md')
let bundle = ''
let folder = ''

beforeAll(async () => {
  const entry = "import { createApi } from './api'\nglobalThis.createApi = createApi\n"
  const runtime = realpathSync(programOf('metro-runtime'))
  const preset = JSON.stringify(['@react-native/babel-preset', { enableBabelRuntime: false }])
  folder = makeProject(
    'react-native',
    {
      'index.js': entry,
      'api.ts': block?.text ?? '',
      'package.json': '{ "name": "app", "private": true }',
      'babel.config.js': `module.exports = { presets: [${preset}] }`,
      'metro.config.js': `module.exports = { maxWorkers: 1, watchFolders: [${JSON.stringify(runtime)}] }`,
      'node_modules/react-native/package.json': '{ "name": "react-native", "main": "index.js" }',
      'node_modules/react-native/index.js':
        "exports.Platform = { OS: 'ios', Version: '18' }; exports.NativeModules = {}",
    },
    ['core', 'bearer', 'fetch'],
  )
  for (const name of ['react-native-url-polyfill', 'metro-runtime'])
    cpSync(realpathSync(programOf(name)), join(folder, 'node_modules', name), { recursive: true })
  const config = await loadConfig({ cwd: folder, config: join(folder, 'metro.config.js') })
  const options = { entry: 'index.js', platform: 'ios', dev: false, minify: false }
  bundle = (await runBuild({ ...config, reporter: { update() {} } }, options)).code
})

it('docs/recipes/react-native.md: hermesc compiles the bundle of Metro', async () => {
  const [system = ''] = readdirSync(programOf('hermes-compiler/hermesc')).filter((name) =>
    name.startsWith({ linux: 'linux', darwin: 'osx', win32: 'win' }[process.platform as string] ?? 'none'),
  )
  const file = join(folder, 'bundle.js')
  writeFileSync(file, bundle)
  const hermesc = join(programOf('hermes-compiler/hermesc'), system, 'hermesc')
  const { status, output } = await runProgram(
    hermesc,
    ['-w', '-O', '-emit-binary', '-out', `${file}.hbc`, file],
    folder,
  )
  expect(output).toBe('')
  expect(status).toBe(0)
})

it('docs/recipes/react-native.md: the bundle authenticates in a context like React Native', async () => {
  const sent: string[] = []
  let current = 'token-1'
  const globals = reactNativeGlobals((url, headers) => {
    sent.push(`${url} ${headers['authorization']}`)
    return headers['authorization'] === `Bearer ${current}` ? 200 : 401
  })
  runInContext(bundle, createContext(globals))
  const createApi = globals['createApi'] as (signIn: () => Promise<object>) => Api
  let isDown = false
  const signIn = async () => {
    if (isDown) throw new Error('no network')
    return { accessToken: current, expiresIn: 3600 }
  }
  const api = createApi(signIn)
  const ok = { status: 200, body: 'models' }
  expect(await api.listModels()).toEqual(ok)
  expect(sent).toEqual(['https://api.example.com/v1/models Bearer token-1'])
  current = 'token-2'
  expect(await Promise.all([api.listModels(), api.listModels()])).toEqual([ok, ok])
  isDown = true
  const count = sent.length
  expect(await createApi(signIn).listModels()).toEqual({ status: 0, body: 'ERR_AUTH_SOURCE' })
  expect(sent).toHaveLength(count)
})

interface Api {
  listModels(): Promise<object>
}

/** The globals of React Native that the bundle may use: no Node, no Web Crypto, no URL, no streams. */
function reactNativeGlobals(respond: (url: string, headers: Record<string, string>) => number) {
  class Headers extends Map<string, string> {
    constructor(init: object = []) {
      const pairs = Symbol.iterator in init ? [...(init as Map<string, string>)] : Object.entries(init)
      super(pairs.map(([name, value]) => [String(name).toLowerCase(), String(value)]))
    }
  }
  const toResponse = (status: number, url: string): object => ({
    status,
    url,
    ok: status < 300,
    headers: new Headers(),
    text: async () => 'models',
    clone: () => toResponse(status, url),
  })
  const fetch = async (url: string, { headers }: { headers: object }) =>
    toResponse(respond(url, Object.fromEntries(new Headers(headers))), url)
  const timers = { setTimeout, clearTimeout, queueMicrotask }
  const globals: Record<string, unknown> = {
    ...timers,
    Headers,
    AbortController,
    AbortSignal,
    console,
    performance,
    fetch,
  }
  globals['global'] = globals
  return globals
}
