import { escapeControls } from '../lib/escape-controls.js'

/** Messages for people, on standard error. Control characters are shown escaped. */
export interface CommandMessages {
  /** Whether standard error is a terminal, so that somebody may sit in front of it. */
  readonly isTerminal: boolean
  /** Writes one line. */
  say(line: string): void
  /** Writes a line about something that the user should know, though the command goes on. */
  note(text: string): void
  /**
   * Says what the command waits for, once it has waited for two seconds and if standard error is a terminal, so that
   * somebody may sit in front of it.
   *
   * @param what completes `waiting …`
   */
  whileWaiting<T>(what: string, work: Promise<T>): Promise<T>
}

/** How long a command waits without a word, in milliseconds. */
const patienceMs = 2000

/** Wraps a stream such as `process.stderr`. */
export function commandMessages(stream: NodeJS.WritableStream): CommandMessages {
  const say = (line: string) => {
    stream.write(`${escapeControls(line)}\n`)
  }
  const isTerminal = 'isTTY' in stream && stream.isTTY === true
  return {
    isTerminal,
    say,
    note: (text) => say(`outbound-auth: note: ${text}`),
    async whileWaiting(what, work) {
      if (!isTerminal) return work
      const timer = setTimeout(() => say(`outbound-auth: waiting ${what} …`), patienceMs)
      timer.unref()
      try {
        return await work
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
