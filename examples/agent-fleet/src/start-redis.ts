import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A Redis on this machine. */
export interface Redis {
  readonly url: string
  /** Which one it is, in words. */
  readonly label: string
  close(): Promise<void>
}

/** Starts the `redis-server` of this machine; if it is not installed, a stand-in for it. */
export async function startRedis(): Promise<Redis> {
  const directory = mkdtempSync(join(tmpdir(), 'agent-fleet-'))
  const port = await freePort()
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--appendonly', 'yes']
  const server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = new Promise<void>((resolve) => {
    server.once('exit', () => resolve())
    server.once('error', () => resolve())
  })
  const close = async () => {
    // It keeps nothing that is needed again.
    server.kill('SIGKILL')
    await ended
    rmSync(directory, { recursive: true, force: true })
  }
  if (await isReady(server)) return { url: `redis://127.0.0.1:${port}`, label: 'redis-server', close }
  await close()
  return startStandIn()
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

/** Whether the server has started within 5 s. It cannot if it is not installed. */
function isReady(server: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), 5000).unref()
    server.once('error', () => resolve(false))
    server.once('exit', () => resolve(false))
    server.stdout?.on('data', (chunk) => {
      if (String(chunk).includes('Ready to accept connections')) resolve(true)
    })
  })
}

/** Starts a server that knows the two scripts of `redisRecord`, and keeps nothing. */
async function startStandIn(): Promise<Redis> {
  const values = new Map<string, string>()
  const server = createServer((socket) => {
    let text = ''
    socket.setEncoding('utf8')
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      text += chunk
      for (let command = readCommand(text); command; command = readCommand(text)) {
        text = command.rest
        socket.write(answer(command.words, values))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()))
  return { url, label: 'a stand-in for redis-server, which is not installed', close }
}

/** One command: an array of strings, each with its length. All texts of this example are ASCII. */
function readCommand(text: string): { readonly words: string[]; readonly rest: string } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text)
  if (!head) return undefined
  let position = head[0].length
  const words: string[] = []
  for (let count = Number(head[1]); count > 0; count--) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(position))
    if (!size) return undefined
    const start = position + size[0].length
    const end = start + Number(size[1])
    if (text.length < end + 2) return undefined
    words.push(text.slice(start, end))
    position = end + 2
  }
  return { words, rest: text.slice(position) }
}

function answer(words: readonly string[], values: Map<string, string>): string {
  const [name = '', script = '', , key = '', version, next = ''] = words
  // The client asks for version 3 of the protocol.
  if (name.toUpperCase() === 'HELLO') return '%1\r\n$5\r\nproto\r\n:3\r\n'
  if (name.toUpperCase() !== 'EVAL') return '-ERR unknown command\r\n'
  const current = values.get(key)
  if (script.startsWith('return'))
    return current === undefined ? '_\r\n' : `$${current.length}\r\n${current}\r\n`
  if ((current ?? '') !== version) return ':0\r\n'
  values.set(key, next)
  return ':1\r\n'
}
