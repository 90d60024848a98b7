import { PassThrough, Readable } from 'node:stream'
import { type CommandIo, run } from '../src/index.js'

/** The outcome of one run of the command in this process. */
export interface CliResult {
  readonly code: number
  readonly out: string
  /** Without the addresses of error pages. */
  readonly err: string
}

/**
 * Takes the addresses out of what the command printed on standard error, so that a test compares the messages alone.
 *
 * @throws Error when an error has no address, or the address of another code
 */
export function withoutAddresses(err: string): string {
  const error = /^(outbound-auth: .* \(([A-Z][A-Z\d_]+)\)\n)(?: {2}(\S+)\n)?/gm
  return err.replace(error, (_, message: string, code: string, address: string | undefined) => {
    const page = /^ERR_(?:AUTH|CLI)_/.test(code) ? code : 'ERR_CLI_NETWORK'
    const expected = `https://outbound-auth.github.io/outbound-auth/errors/${page}`
    if (address !== expected) throw new Error(`The address of ${code} is ${address}, not ${expected}`)
    return message
  })
}

/** Runs a command line in this process; files that it finds are trusted unless `isTrusted` is false. */
export async function runCli(
  argv: readonly string[],
  {
    input = '',
    isTrusted = true,
    ...io
  }: Partial<CommandIo> & { readonly input?: string; readonly isTrusted?: boolean } = {},
): Promise<CliResult> {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const out = collect(stdout)
  const err = collect(stderr)
  const stdin = Readable.from([Buffer.from(input)])
  // The configuration of the machine must not matter.
  const own = { cwd: import.meta.dirname, codexSystemConfig: false as const }
  const env = isTrusted ? { OUTBOUND_AUTH_TRUST: '1', ...io.env } : (io.env ?? {})
  const code = await run(argv, { stdout, stderr, stdin, ...own, ...io, env })
  stdout.end()
  stderr.end()
  return { code, out: await out, err: withoutAddresses(await err) }
}

async function collect(stream: PassThrough): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
