import { escapeControls } from '../lib/escape-controls.js'

/** Messages for people, on standard error. Control characters are shown escaped. */
export interface CommandMessages {
  /** Writes one line. */
  say(line: string): void
  /** Writes a line about something that the user should know, though the command goes on. */
  note(text: string): void
  /** Whether standard error is a terminal, so that somebody may be waiting in front of it. */
  readonly isTerminal: boolean
}

/** Wraps a stream such as `process.stderr`. */
export function commandMessages(stream: NodeJS.WritableStream): CommandMessages {
  const say = (line: string) => {
    stream.write(`${escapeControls(line)}\n`)
  }
  return {
    say,
    note: (text) => say(`outbound-auth: note: ${text}`),
    isTerminal: 'isTTY' in stream && stream.isTTY === true,
  }
}
