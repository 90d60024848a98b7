import { open, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { CommandContext } from '../context/command.js'
import { usageError } from '../lib/command-error.js'
import { escapeBlock } from '../lib/escape-controls.js'
import { systemProblem } from '../lib/system-error.js'

/** The place of a response's body. */
export interface BodyOutput {
  write(chunk: Uint8Array): Promise<void>
  /** Completes what was written. */
  end(): Promise<void>
}

/**
 * Opens the place that `-o` names. Standard output gets the bytes as they are. A terminal gets text in which control
 * characters are escaped, unless `-o -` asks for the bytes.
 *
 * @throws CommandError `ERR_CLI_USAGE` when the file cannot be written
 */
export async function openBodyOutput({
  args,
  cwd,
  output,
  messages,
}: Pick<CommandContext, 'args' | 'cwd' | 'output' | 'messages'>): Promise<BodyOutput> {
  const { output: name } = args
  if (name !== undefined && name !== '-') return fileOutput(resolve(cwd, name), name)
  if (name === '-' || !output.isTty) return { write: output.write, end: async () => {} }
  const text = terminalText()
  const show = async (shown: string) => {
    if (shown !== '') await output.write(shown)
  }
  return {
    write: (chunk) => show(text.next(chunk)),
    async end() {
      await show(text.end())
      if (text.isBinary())
        messages.note('the body is not text, so it is shown escaped; write -o FILE to keep its bytes')
    },
  }
}

/** Checks, before anything is sent, that the file of `-o` can be made. @throws CommandError `ERR_CLI_USAGE` */
export async function checkBodyOutput({ args, cwd }: Pick<CommandContext, 'args' | 'cwd'>): Promise<void> {
  const { output: name } = args
  if (name === undefined || name === '-') return
  if (args.json) throw usageError('--json prints the body in its document: remove -o or --json')
  const path = resolve(cwd, name)
  const folder = await stat(dirname(path)).catch(() => undefined)
  if (!folder?.isDirectory()) throw usageError(`The folder of -o ${name} does not exist: make it first`)
  const file = await stat(path).catch(() => undefined)
  if (file?.isDirectory()) throw usageError(`-o ${name} is a folder: name a file in it`)
}

async function fileOutput(path: string, name: string): Promise<BodyOutput> {
  const fail = (error: unknown) => {
    throw usageError(
      `Cannot write ${name}: ${systemProblem(error) ?? 'write error'}. Name another file with -o`,
    )
  }
  const handle = await open(path, 'w').catch(fail)
  return {
    write: async (chunk) => {
      await handle.writeFile(chunk).catch(fail)
    },
    end: () => handle.close(),
  }
}

/** Text for a terminal, made of the chunks of a body. A line may end in CR LF. */
export function terminalText(): {
  next(chunk: Uint8Array): string
  end(): string
  isBinary(): boolean
} {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let isBinary = false
  let pending = ''
  const show = (text: string) => {
    const whole = pending + text
    // The line feed of a CR LF may come with the next chunk.
    pending = whole.endsWith('\r') ? '\r' : ''
    isBinary ||= whole.includes('\0') || whole.includes('\ufffd')
    return escapeBlock(whole.slice(0, whole.length - pending.length).replaceAll('\r\n', '\n'))
  }
  return {
    next: (chunk) => show(decoder.decode(chunk, { stream: true })),
    end: () => show(decoder.decode()) + escapeBlock(pending),
    isBinary: () => isBinary,
  }
}
