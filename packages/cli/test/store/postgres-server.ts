import { type AddressInfo, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A stand-in for PostgreSQL: the extended protocol with the three statements of the store. */
export interface PostgresServer {
  readonly port: number
  readonly rows: Map<string, { body: string; version: string }>
  readonly statements: string[]
  readonly open: () => number
}

/** Options of {@link postgresServer}. */
export interface PostgresServerOptions {
  /** The password that is asked for. @default none */
  readonly password?: string | undefined
  /** The SQLSTATE with which every statement fails. */
  readonly failure?: string | undefined
  /** The number of statements without a response, from the first one. @default 0 */
  readonly silent?: number | undefined
}

/** Starts the server on this machine, without TLS. It stops at the end of the test. */
export async function postgresServer({
  password,
  failure,
  silent = 0,
}: PostgresServerOptions = {}): Promise<PostgresServer> {
  const rows = new Map<string, { body: string; version: string }>()
  const statements: string[] = []
  const sockets = new Set<Socket>()
  const run = (statement: string, [name = '', second = '', third = '']: readonly string[]) => {
    statements.push(statement)
    const row = rows.get(name)
    if (statement.startsWith('select'))
      return { names: ['body', 'version'], values: row && [row.body, row.version] }
    const isInsert = statement.startsWith('insert')
    const isWritten = isInsert ? row === undefined : row?.version === third
    if (!isWritten) return { names: ['version'], values: undefined }
    const version = isInsert ? third : String(BigInt(third) + 1n)
    rows.set(name, { body: second, version })
    return { names: ['version'], values: [version] }
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    let pending = Buffer.alloc(0)
    let isStarted = false
    let statement = ''
    let result: ReturnType<typeof run> | undefined
    const reply = (type: string, body: string): void => {
      if (type === 'P') statement = body.split('\0')[1] ?? ''
      if (type === 'p' && body !== `${password}\0`) {
        socket.end(bytesOf(message('E', 'SFATAL\0C28P01\0Mpassword authentication failed\0\0')))
      } else if (type === 'p') socket.write(bytesOf(ready()))
      else if (type === 'B' && failure === undefined) result = run(statement, parametersOf(body))
      else if (type === 'X') socket.end()
      else if (type === 'S' && silent > 0 && statements.length <= silent) return
      else if (type === 'S' && failure !== undefined)
        socket.write(bytesOf(message('E', `SERROR\0C${failure}\0M${statement}\0\0`) + ready('')))
      else if (type === 'S') socket.write(bytesOf(rowsOf(result as ReturnType<typeof run>) + ready('')))
    }
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk])
      for (;;) {
        const start = isStarted ? 1 : 0
        if (pending.length < start + 4) return
        const end = start + pending.readUInt32BE(start)
        if (pending.length < end) return
        const body = pending.toString('latin1', start + 4, end)
        const type = String.fromCharCode(pending[0] ?? 0)
        pending = pending.subarray(end)
        if (isStarted) reply(type, body)
        // The number of a request for TLS.
        else if (body === '\x04\xd2\x16\x2f') socket.write('N')
        else {
          isStarted = true
          socket.write(bytesOf(password === undefined ? ready() : message('R', '\0\0\0\x03')))
        }
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, rows, statements, open: () => sockets.size }
}

const bytesOf = (text: string) => Buffer.from(text, 'latin1')

function message(type: string, body: string): string {
  return type + int32(body.length + 4) + body
}

/** Authentication has succeeded, and the server waits for a statement. */
function ready(start: string = message('R', '\0\0\0\0')): string {
  return `${start}${message('Z', 'I')}`
}

const int16 = (value: number) => String.fromCharCode(value >> 8, value & 255)
const int32 = (value: number) => int16(value >>> 16) + int16(value & 65_535)

/** The parameters of a Bind message, as text. */
function parametersOf(body: string): string[] {
  const bytes = Buffer.from(body, 'latin1')
  let position = body.indexOf('\0', body.indexOf('\0') + 1) + 1
  position += 2 + 2 * bytes.readUInt16BE(position)
  const count = bytes.readUInt16BE(position)
  position += 2
  return Array.from({ length: count }, () => {
    const length = bytes.readUInt32BE(position)
    position += 4 + length
    return bytes.toString('utf8', position - length, position)
  })
}

/** The replies to Parse, Bind, Describe and Execute, with at most one row of texts. */
function rowsOf({ names, values }: { names: string[]; values: string[] | undefined }): string {
  // Each column: name, table, column, type (text), size, modifier, format.
  const columns = names.map(
    (name) => `${name}\0${int32(0)}${int16(0)}${int32(25)}${int16(0)}${int32(0)}${int16(0)}`,
  )
  const cells = values?.map((value) => int32(value.length) + value).join('')
  return [
    message('1', ''),
    message('2', ''),
    message('T', int16(names.length) + columns.join('')),
    ...(cells === undefined ? [] : [message('D', int16(names.length) + cells)]),
    message('C', 'SELECT 1\0'),
  ].join('')
}
