import { CommandError, OutputClosed } from '../lib/command-error.js'
import { escapeBlock, escapeControls, toJsonLine } from '../lib/escape-controls.js'

/** Standard output with backpressure, whose reader may go away. */
export interface CommandOutput {
  /** Waits until the chunk is taken. @throws OutputClosed when the reader has gone */
  write(chunk: string | Uint8Array): Promise<void>
  /** Writes text of our own, such as a help, in which control characters of others would be escaped. */
  writeText(text: string): Promise<void>
  /** Writes each string as one line: a line break inside it is escaped, as every control character is. */
  writeLines(lines: readonly string[]): Promise<void>
  /** Writes one JSON document as one line. */
  writeJson(value: unknown): Promise<void>
  /** Aborts when the reader has gone, so that a request ends too. */
  readonly closed: AbortSignal
  /** Whether it is a terminal, so that colours make sense. */
  readonly isTty: boolean
}

/** Wraps a stream such as `process.stdout`. */
export function commandOutput(stream: NodeJS.WritableStream): CommandOutput {
  const closing = new AbortController()
  stream.on('error', (error: NodeJS.ErrnoException) => {
    const isGone = error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED'
    if (isGone) closing.abort(new OutputClosed())
    // Loaded when it is needed: every start would pay for it.
    else
      import('../lib/system-error.js').then(({ systemProblem }) =>
        closing.abort(writeError(systemProblem(error))),
      )
  })
  const { signal } = closing
  const write = async (chunk: string | Uint8Array) => {
    signal.throwIfAborted()
    const isTaken = stream.write(chunk)
    if (isTaken) return
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        stream.removeListener('drain', onDrain)
        reject(signal.reason)
      }
      const onDrain = () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      stream.once('drain', onDrain)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }
  return {
    closed: signal,
    isTty: 'isTTY' in stream && stream.isTTY === true,
    write,
    writeText: (text) => write(escapeBlock(text)),
    writeLines: (lines) => write(lines.map((line) => `${escapeControls(line)}\n`).join('')),
    writeJson: (value) => write(toJsonLine(value)),
  }
}

function writeError(problem = 'write error'): CommandError {
  return new CommandError(`Cannot write to standard output: ${problem}`, {
    class: 'internal',
    code: 'ERR_CLI_OUTPUT',
  })
}
