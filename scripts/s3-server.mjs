// Prevents the mistake of a signer that only agrees with itself: runs a command beside a real S3 server that verifies
// each signature, and ends the server with it.
//
// node scripts/s3-server.mjs <command> [arguments…]
//
// The server is OpenStack Swift with its S3 API, one node on free loopback ports, objects in memory, everything else in
// a temporary folder. Its Debian packages are installed when they are missing and this runs as root. The command finds
// it through S3_ENDPOINT, S3_REGION, S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { childEnvironment } from './child-environment.mjs'
import { freePorts, host, untilListening } from './local-port.mjs'

const aptGet = '/usr/bin/apt-get'
const debianPackages = ['swift-proxy', 'swift-account', 'swift-container', 'swift-object']
const services = /** @type {const} */ (['account', 'container', 'object', 'proxy'])
const startLimitMs = 90_000
/** A server whose starter was killed ends by itself after this time. */
const lifeSeconds = 900

const [command, ...commandArguments] = process.argv.slice(2)
if (command === undefined) fail('name the command to run beside the server')
installPackages()
const folder = mkdtempSync(join(tmpdir(), 's3-server-'))
/** @type {import('node:child_process').ChildProcess[]} */
const servers = []
try {
  const startedMs = Date.now()
  const ports = await freePorts(services.length)
  configure(ports)
  for (const service of services) servers.push(startServer(service))
  for (const [index, server] of servers.entries()) {
    const log = logOf(services[index] ?? '')
    await untilListening(ports[index] ?? 0, server, { log, limitMs: startLimitMs })
  }
  console.log(`S3 server on http://${host}:${ports.at(-1)}, up in ${Date.now() - startedMs} ms`)
  process.exitCode = await run(`http://${host}:${ports.at(-1)}`)
} finally {
  for (const server of servers) server.kill()
  await Promise.all(servers.map((server) => server.exitCode ?? server.signalCode ?? once(server, 'exit')))
  rmSync(folder, { recursive: true, force: true })
}

/** @param {string} endpoint */
async function run(endpoint) {
  const child = spawn(command ?? '', commandArguments, {
    stdio: 'inherit',
    env: childEnvironment({
      S3_ENDPOINT: endpoint,
      S3_REGION: 'us-east-1',
      S3_ACCESS_KEY_ID: 'test:tester',
      S3_SECRET_ACCESS_KEY: 'testing',
    }),
  })
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
    process.on(signal, () => child.kill(signal))
  const [code] = await once(child, 'exit')
  return code ?? 1
}

function installPackages() {
  if (services.every((service) => existsSync(`/usr/bin/swift-${service}-server`))) return
  const install = ['install', '--yes', '--no-install-recommends', ...debianPackages]
  if (process.getuid?.() !== 0 || !existsSync(aptGet)) {
    fail(`OpenStack Swift is not installed; on Debian and Ubuntu: sudo apt-get ${install.join(' ')}`)
  }
  const apt = (/** @type {string[]} */ list) =>
    spawnSync(aptGet, list, {
      stdio: 'inherit',
      env: childEnvironment({ DEBIAN_FRONTEND: 'noninteractive' }),
    })
  if (apt(install).status !== 0 && (apt(['update']).status !== 0 || apt(install).status !== 0)) {
    fail('apt-get could not install OpenStack Swift')
  }
}

/** @param {readonly number[]} ports in the order of `services` */
function configure(ports) {
  for (const name of ['devices/d1', 'conf']) mkdirSync(join(folder, name), { recursive: true })
  write('swift.conf', {
    'swift-hash': { swift_hash_path_suffix: 'suffix', swift_hash_path_prefix: 'prefix' },
    'storage-policy:0': { name: 'gold', default: 'yes' },
  })
  for (const [index, service] of services.entries()) {
    const port = ports[index] ?? 0
    const common = {
      DEFAULT: {
        user: userInfo().username,
        swift_dir: join(folder, 'conf'),
        devices: join(folder, 'devices'),
        mount_check: 'false',
        bind_ip: host,
        bind_port: port,
        workers: 0,
        log_level: 'WARNING',
        log_address: join(folder, 'no-syslog'),
      },
    }
    write(`${service}-server.conf`, { ...common, ...pipelineOf(service) })
  }
  buildRings(ports)
}

/** @param {(typeof services)[number]} service @returns {Record<string, Record<string, string>>} */
function pipelineOf(service) {
  if (service !== 'proxy') {
    const app = service === 'object' ? 'mem_object' : service
    return {
      'pipeline:main': { pipeline: `${service}-server` },
      [`app:${service}-server`]: { use: `egg:swift#${app}` },
    }
  }
  const filters = [
    'catch_errors',
    'cache',
    'listing_formats',
    'bulk',
    's3api',
    'tempauth',
    'copy',
    'slo',
    'dlo',
  ]
  /** @type {Record<string, Record<string, string>>} */
  const settings = {
    cache: { memcache_servers: `${host}:1` },
    s3api: { location: 'us-east-1', dns_compliant_bucket_names: 'true' },
    tempauth: { user_test_tester: 'testing .admin', user_test_other: 'othersecret .admin' },
  }
  return {
    'pipeline:main': { pipeline: [...filters, 'proxy-server'].join(' ') },
    'app:proxy-server': {
      use: 'egg:swift#proxy',
      allow_account_management: 'true',
      account_autocreate: 'true',
    },
    ...Object.fromEntries(
      filters.map((name) => {
        const egg = name === 'cache' ? 'memcache' : name
        return [`filter:${name}`, { use: `egg:swift#${egg}`, ...settings[name] }]
      }),
    ),
  }
}

/** @param {string} name @param {Record<string, Record<string, string | number>>} sections */
function write(name, sections) {
  const text = Object.entries(sections).map(([section, values]) => {
    const lines = Object.entries(values).map(([key, value]) => `${key} = ${value}\n`)
    return `[${section}]\n${lines.join('')}`
  })
  writeFileSync(join(folder, 'conf', name), text.join('\n'))
}

/** One Python process for all rings: `swift-ring-builder` would take nine. @param {readonly number[]} ports */
function buildRings(ports) {
  const program = `
import sys
from swift.common.ring import RingBuilder
folder, host, *ports = sys.argv[1:]
for name, port in zip(('account', 'container', 'object'), map(int, ports)):
    builder = RingBuilder(4, 1, 0)
    builder.add_dev({'id': 0, 'region': 1, 'zone': 1, 'weight': 1.0, 'device': 'd1', 'meta': '',
                     'ip': host, 'port': port, 'replication_ip': host, 'replication_port': port})
    builder.rebalance()
    builder.get_ring().save(folder + '/' + name + '.ring.gz')
`
  const { status, stderr } = spawnSync(
    '/usr/bin/python3',
    ['-c', program, join(folder, 'conf'), host, ...ports.map(String)],
    { encoding: 'utf8', env: childEnvironment() },
  )
  if (status !== 0) throw new Error(`the rings cannot be built: ${stderr}`)
}

/** @param {string} service */
function startServer(service) {
  const log = openSync(logOf(service), 'w')
  const conf = join(folder, 'conf', `${service}-server.conf`)
  const limited = ['--kill-after=5', String(lifeSeconds), `/usr/bin/swift-${service}-server`, conf]
  return spawn('timeout', limited, { stdio: ['ignore', log, log], env: childEnvironment() })
}

/** @param {string} service */
function logOf(service) {
  return join(folder, `${service}.log`)
}

/** @param {string} reason @returns {never} */
function fail(reason) {
  console.error(`s3-server: ${reason}`)
  process.exit(1)
}
