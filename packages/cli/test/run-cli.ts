import { PassThrough, Readable } from 'node:stream'
import { type CommandIo, run } from '../src/index.js'

/** The outcome of one run of the command in this process. */
export interface CliResult {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command line in this process. */
export async function runCli(
  argv: readonly string[],
  { input = '', ...io }: Partial<CommandIo> & { readonly input?: string } = {},
): Promise<CliResult> {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const out = collect(stdout)
  const err = collect(stderr)
  const stdin = Readable.from([Buffer.from(input)])
  // The configuration of the machine must not matter.
  const own = { env: {}, cwd: import.meta.dirname, codexSystemConfig: false as const }
  const code = await run(argv, { stdout, stderr, stdin, ...own, ...io })
  stdout.end()
  stderr.end()
  return { code, out: await out, err: await err }
}

async function collect(stream: PassThrough): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
