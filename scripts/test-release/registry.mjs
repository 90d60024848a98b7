// Prevents the mistake of a trial that publishes for real: a registry on this machine, in a folder of its own, that
// has no packages but ours, and ends with its starter.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run, writeFiles } from '../check-pack/scratch.mjs'
import { childEnvironment } from '../child-environment.mjs'

/** @typedef {{ url: string, npmrc: string, stop: () => Promise<void> }} Registry */

const host = '127.0.0.1'
const startLimitMs = 60_000
/** Even a starter that was killed closes the standard input of its registry. */
const endsWithStarter = 'data:text/javascript,process.stdin.on("end",()=>process.exit()).resume()'

/**
 * Installs verdaccio and starts it. Other packages than ours come from the registry that npm is configured with.
 *
 * @param {string} folder
 * @returns {Promise<Registry>}
 */
export async function startRegistry(folder) {
  writeFiles(folder, {
    'package.json': {
      private: true,
      dependencies: { verdaccio: '6.10.4' },
      overrides: { 'node-fetch': '2.7.0' },
    },
  })
  const install = 'npm install --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error'
  const [node, port] = await Promise.all([newerNode(folder), freePort(), run(install, folder)])
  const url = `http://${host}:${port}/`
  configure(folder, port)
  const log = join(folder, 'log')
  const output = openSync(log, 'w')
  const program = join(folder, 'node_modules/verdaccio/bin/verdaccio')
  const server = spawn(
    node,
    ['--import', endsWithStarter, program, '--config', join(folder, 'config.yaml')],
    {
      cwd: folder,
      stdio: ['pipe', output, output],
      env: childEnvironment(),
    },
  )
  const stop = async () => {
    server.kill()
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
  }
  const endMs = Date.now() + startLimitMs
  while (!(await isUp(url))) {
    if (Date.now() > endMs || server.exitCode !== null) {
      await stop()
      throw new Error(`verdaccio does not start:\n${readFileSync(log, 'utf8')}`)
    }
    await sleep(100)
  }
  const npmrc = `@outbound-auth:registry=${url}\n//${host}:${port}/:_authToken=none\n`
  return { url, npmrc, stop }
}

/** JSON is YAML, too. @param {string} folder @param {number} port */
function configure(folder, port) {
  const config = {
    storage: join(folder, 'storage'),
    auth: { htpasswd: { file: join(folder, 'htpasswd'), max_users: -1 } },
    uplinks: {},
    packages: { '@outbound-auth/*': { access: '$all', publish: '$all' } },
    listen: `${host}:${port}`,
    log: { type: 'stdout', format: 'pretty', level: 'warn' },
    web: { enable: false },
  }
  mkdirSync(config.storage)
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config))
}

/** Verdaccio needs Node 22. @param {string} folder @returns {Promise<string>} */
async function newerNode(folder) {
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath
  return (await run('npx --yes --prefer-offline --package node@24 node -p process.execPath', folder)).trim()
}

/** @param {string} url */
async function isUp(url) {
  return fetch(`${url}-/ping`).then(
    ({ ok }) => ok,
    () => false,
  )
}

/** @returns {Promise<number>} */
async function freePort() {
  const holder = createServer().listen(0, host)
  await once(holder, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (holder.address())
  await once(holder.close(), 'close')
  return port
}
