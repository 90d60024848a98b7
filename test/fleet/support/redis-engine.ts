import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePorts } from '../../../scripts/local-port.mjs'
import { type EngineProcess, engineProcess, firstFile, runProgram, scratchFolder } from './engine-process.js'

/** A server of Redis. */
export interface RedisEngine extends EngineProcess {
  /** Runs a command with redis-cli, and returns what that printed. */
  command(...words: readonly string[]): string
}

/** Options of {@link startRedis}. */
export interface RedisOptions {
  /** Settings as on the command line. By default nothing is written to the disk. */
  readonly settings?: readonly string[]
  /** Keeps the plain port closed, and listens with TLS. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

/** The package redis-tools of Debian holds the server too: the program looks at its own name. */
const programs = ['/usr/bin/redis-server', '/usr/bin/redis-check-rdb']

/** Whether there is a server to start. */
export const hasRedis: boolean = firstFile(programs) !== undefined

/** Starts a server in a folder of its own. */
export async function startRedis({
  settings = ['--save', ''],
  tls,
}: RedisOptions = {}): Promise<RedisEngine> {
  const [port = 0] = await freePorts(1)
  const folder = scratchFolder()
  const command = join(folder, 'redis-server')
  symlinkSync(firstFile(programs) ?? '', command)
  const listen = tls
    ? ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no']
    : ['--port', String(port)]
  const certificate = tls ? ['--tls-cert-file', tls.cert, '--tls-key-file', tls.key] : []
  const place = ['--bind', '127.0.0.1', '--dir', folder, '--daemonize', 'no']
  const args = [...listen, ...certificate, ...place, ...settings]
  const server = engineProcess({ command, args, port, log: join(folder, 'log') })
  const engine: RedisEngine = {
    ...server,
    async start() {
      await server.start()
      if (!tls) await untilLoaded(engine)
    },
    command: (...words) => runProgram('/usr/bin/redis-cli', ['-p', String(port), ...words]),
  }
  await engine.start()
  return engine
}

/** A server that starts accepts connections before it has read its files. */
async function untilLoaded(engine: RedisEngine): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const reply = engine.command('PING')
    if (!reply.includes('LOADING')) return
    await pause(20)
  }
  throw new Error('Redis does not end to load its files')
}

/** Starts a cluster of three nodes, which share the slots. */
export async function startRedisCluster(): Promise<RedisEngine[]> {
  const buses = await freePorts(3)
  const nodes: RedisEngine[] = []
  for (const bus of buses) {
    const settings = ['--save', '', '--cluster-enabled', 'yes', '--cluster-port', String(bus)]
    nodes.push(await startRedis({ settings }))
  }
  const [first, ...others] = nodes
  const slots = [
    [0, 5461],
    [5462, 10_922],
    [10_923, 16_383],
  ]
  for (const [index, node] of nodes.entries()) {
    node.command('CLUSTER', 'ADDSLOTSRANGE', ...(slots[index] ?? []).map(String))
    node.command('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
  }
  for (const node of others)
    node.command('CLUSTER', 'MEET', '127.0.0.1', String(first?.port), String(buses[0]))
  for (const node of nodes) {
    while (!node.command('CLUSTER', 'INFO').includes('cluster_state:ok')) await pause(50)
  }
  return nodes
}
