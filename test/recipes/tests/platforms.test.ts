import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { expect, it, onTestFinished } from 'vitest'
import { root } from '../../../scripts/workspace.mjs'
import { startLab } from '../support/lab.js'
import { makeProject, programOf } from '../support/project.js'
import { plainCode } from '../support/recipe.js'

const lab = await startLab({ now: new Date() })
const models = { object: 'list', data: [{ id: 'm' }] }

it('docs/recipes/nextjs.md: a route handler in Next.js', async () => {
  const folder = makeProject('next', {
    'package.json': '{ "type": "module", "private": true }',
    'next.config.js': `export default { turbopack: { root: ${JSON.stringify(root)} } }`,
    'app/api/models/route.js': await plainCode(lab, 'docs/recipes/nextjs.md', 0),
  })
  const port = await freePort()
  const child = spawn(process.execPath, [programOf('next/dist/bin/next'), 'dev', '-p', String(port)], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'development', NEXT_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  onTestFinished(async () => {
    child.kill('SIGINT')
    await ended
  })
  await new Promise<void>((resolve) => child.stdout.on('data', (text) => /Ready/.test(text) && resolve()))
  const get = () => fetch(`http://localhost:${port}/api/models`)
  const first = await get()
  expect(await first.clone().text()).toBe(JSON.stringify(models))
  lab.revokeAtNextRequest()
  expect((await get()).status).toBe(200)
  expect(lab.arrivals.map(({ status }) => status)).toEqual([200, 401, 200])
  expect(lab.issued).toHaveLength(2)
  lab.stopIssuing()
  lab.revokeAtNextRequest()
  const last = await get()
  expect([last.status, await last.json()]).toEqual([503, { code: 'ERR_AUTH_OAUTH_UNAVAILABLE' }])
})

it('docs/recipes/cloudflare-workers.md: a Worker in workerd', async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: await plainCode(lab, 'docs/recipes/cloudflare-workers.md', 0),
      resolveDir: join(root, 'test/recipes'),
    },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:workers'],
  })
  const worker = new Miniflare({
    modules: true,
    script: outputFiles[0]?.text ?? '',
    compatibilityDate: '2026-04-01',
    bindings: { CLIENT_SECRET: 'secret-1' },
  })
  onTestFinished(() => worker.dispose())
  const get = () => worker.dispatchFetch('http://worker.example.com/')
  const first = await get()
  expect([first.status, await first.json()]).toEqual([200, models])
  lab.revokeAtNextRequest()
  expect((await get()).status).toBe(200)
  expect(lab.arrivals.map(({ status }) => status)).toEqual([200, 401, 200])
  lab.stopIssuing()
  lab.revokeAtNextRequest()
  const last = await get()
  expect([last.status, await last.json()]).toEqual([503, { code: 'ERR_AUTH_OAUTH_UNAVAILABLE' }])
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}
