import { PassThrough, Readable } from 'node:stream'
import { type CommandIo, run } from '../src/index.js'

/** The outcome of one run of the command in this process. */
export interface CliResult {
  readonly code: number
  readonly out: string
  readonly err: string
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
  return { code, out: await out, err: await err }
}

async function collect(stream: PassThrough): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
