import { chownSync, readdirSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePorts } from '../../../scripts/local-port.mjs'
import {
  type EngineProcess,
  engineProcess,
  firstFile,
  runProgram,
  type ServerUser,
  scratchFolder,
} from './engine-process.js'

const versions = '/usr/lib/postgresql'
const bouncer = '/usr/sbin/pgbouncer'
const table =
  'create table outbound_auth_documents (name text primary key, body text not null, version bigint not null)'

/** Whether there is a server to start. */
export const hasPostgres: boolean = programs() !== undefined
export const hasPgBouncer: boolean = firstFile([bouncer]) !== undefined

/** A server of PostgreSQL. */
export interface PostgresEngine extends EngineProcess {
  /** Runs SQL with psql, and returns what that printed. */
  sql(text: string): string
}

/** Starts a server with the settings that a new one has, in a folder of its own, with the table of the README. */
export async function startPostgres(): Promise<PostgresEngine> {
  const bin = programs() ?? ''
  const [port = 0] = await freePorts(1)
  const user = serverUser()
  const folder = scratchFolder(user)
  const data = join(folder, 'data')
  const init = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  runProgram(join(bin, 'initdb'), init, { user })
  const settings = ['-c', 'unix_socket_directories=', '-c', 'listen_addresses=127.0.0.1']
  const args = ['-D', data, '-p', String(port), ...settings]
  const server = engineProcess({ command: join(bin, 'postgres'), args, port, log: join(folder, 'log'), user })
  const psql = ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-At', '-v', 'ON_ERROR_STOP=1']
  /** After kill -9 the memory of the old server is in use until its last child has ended. */
  const start = async () => {
    for (const endMs = performance.now() + 60_000; ; await pause(200)) {
      try {
        await server.start()
        return
      } catch (error) {
        if (performance.now() > endMs) throw error
      }
    }
  }
  const engine = {
    ...server,
    start,
    sql: (text: string) => runProgram(join(bin, 'psql'), [...psql, '-c', text]),
  }
  await engine.start()
  await untilReady(engine)
  engine.sql(table)
  return engine
}

/** A server that starts, or repairs its files after kill -9, accepts connections and rejects statements. */
export async function untilReady(engine: PostgresEngine): Promise<void> {
  const endMs = performance.now() + 60_000
  for (;;) {
    try {
      engine.sql('select 1')
      return
    } catch (error) {
      if (performance.now() > endMs) throw error
      await pause(50)
    }
  }
}

/** Starts PgBouncer, which gives each transaction any connection of its pool. */
export async function startPgBouncer(postgres: EngineProcess): Promise<EngineProcess> {
  const [port = 0] = await freePorts(1)
  const user = serverUser()
  const folder = scratchFolder(user)
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: 'transaction',
    default_pool_size: 4,
    ignore_startup_parameters: 'extra_float_digits',
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`)
  const database = `host=127.0.0.1 port=${postgres.port} user=postgres dbname=postgres`
  const file = join(folder, 'pgbouncer.ini')
  writeFileSync(file, `[databases]\n* = ${database}\n[pgbouncer]\n${lines.join('')}`)
  if (user) chownSync(file, user.uid, user.gid)
  const engine = engineProcess({ command: bouncer, args: [file], port, log: join(folder, 'log'), user })
  await engine.start()
  return engine
}

/** The folder with the programs of the newest version. */
function programs(): string | undefined {
  let found: string[] = []
  try {
    found = readdirSync(versions)
  } catch {
    return undefined
  }
  const newest = found.map(Number).sort((a, b) => b - a)[0]
  return firstFile([join(versions, String(newest), 'bin/postgres')]) && join(versions, String(newest), 'bin')
}

/** Neither server runs as root: then `nobody` runs it. */
function serverUser(): ServerUser | undefined {
  return userInfo().uid === 0 ? { uid: 65_534, gid: 65_534 } : undefined
}
