import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { AuthError } from '../contract/auth-error.js'
import { isFlight } from '../flight/flight-signal.js'
import { commandLabel } from './command-label.js'
import type { CommandOptions } from './command-options.js'
import { killTree, outputsOf, spawnable } from './process-tree.js'
import { redact } from './redact.js'
import { outputError } from './token-output.js'

const maxOutputBytes = 64 * 1024
const maxErrorBytes = 8 * 1024

/**
 * When a command exits, its output is in the pipe. If nothing comes for this long after the exit, a process that the
 * command started holds the pipe open.
 */
const quietMs = 100

/** So many commands at a time are killed when this process ends; Node warns of more listeners. */
const maxExitListeners = 8

/** Errors of a busy machine: the same program may start a moment later. */
const busyCodes = ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ETXTBSY']

/** How a command ended. */
interface Outcome {
  readonly status: number | null
  readonly killedBy: NodeJS.Signals | null
}

/** The output of a command so far. */
interface Written {
  readonly stdout: Buffer[]
  readonly stderr: Buffer[]
}

/** Two ways to end a command early. */
interface CommandEnders {
  kill(): void
  fail(error: unknown): void
}

/** @internal `runCommand` with options that have been checked. */
export function runProcess(options: CommandOptions, signal: AbortSignal | undefined): Promise<string> {
  const { timeoutMs = 5000 } = options
  const label = `The credential command ${commandLabel(options.command)}`
  const child = start(options, label, signal)
  const outputs = outputsOf(child)
  const written: Written = { stdout: [], stderr: [] }
  return new Promise<string>((resolve, reject) => {
    let isEnded = false
    let isClosed = false
    let outcome: Outcome | undefined
    const quiet = quietTimer(() => outcome && finish(outcome))
    const kill = () => killTree(child, process.platform, outputs)
    const removeLimits = setLimits(label, timeoutMs, signal, { kill, fail })

    function end(): void {
      isEnded = true
      quiet.stop()
      removeLimits()
    }
    function fail(error: unknown): void {
      if (isEnded) return
      end()
      // Once the child and its pipes are gone, its id may belong to another process.
      if (!isClosed) kill()
      reject(error)
    }
    function finish(how: Outcome): void {
      if (isEnded) return
      try {
        const output = outputOf(how, written, options, label)
        end()
        resolve(output)
      } catch (error) {
        fail(error)
      }
      // A process that the command left behind, such as an agent, goes on. Its output is not read any more.
      child.stdout?.destroy()
      child.stderr?.destroy()
    }
    /** A command that ended and printed nothing may have left the output to another process. */
    function finishSoon(): void {
      if (isEnded || !outcome || (outcome.status === 0 && isBlank(written.stdout))) return
      quiet.start()
    }

    collect(child, written, {
      onOutput: finishSoon,
      onTooMuch: () => fail(outputError(`${label} wrote more than ${maxOutputBytes} bytes`)),
    })
    child.on('error', (error) => fail(startError(label, error)))
    child.on('exit', (status, killedBy) => {
      outcome = { status, killedBy }
      finishSoon()
    })
    child.on('close', (status, killedBy) => {
      isClosed = true
      finish({ status, killedBy })
    })
  })
}

/**
 * Ends the command at its time limit, when the signal aborts, and when this process ends.
 *
 * @returns a function that removes these limits
 */
function setLimits(
  label: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  { kill, fail }: CommandEnders,
): () => void {
  const abort = () => fail(signal?.reason)
  const limit = setTimeout(() => {
    const message = `${label} did not end within ${timeoutMs} ms`
    fail(AuthError.transient(message, { code: 'ERR_AUTH_COMMAND_TIMEOUT' }))
  }, timeoutMs)
  if (isFlight(signal)) unref(limit)
  signal?.addEventListener('abort', abort, { once: true })
  if (process.listenerCount('exit') < maxExitListeners) process.once('exit', kill)
  return () => {
    clearTimeout(limit)
    signal?.removeEventListener('abort', abort)
    process.off('exit', kill)
  }
}

/** Calls `onQuiet` when it was not started again for a while. */
function quietTimer(onQuiet: () => void): { start(): void; stop(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined
  let lastLook: ReturnType<typeof setImmediate> | undefined
  const stop = () => {
    clearTimeout(timer)
    clearImmediate(lastLook)
  }
  return {
    stop,
    start() {
      stop()
      // When this process was busy all the time, what the pipe has is read before the immediate.
      timer = setTimeout(() => {
        lastLook = setImmediate(onQuiet)
      }, quietMs)
    },
  }
}

function start(
  { command, cwd, env }: CommandOptions,
  label: string,
  signal: AbortSignal | undefined,
): ChildProcess {
  const { file, args, verbatim } = spawnable(command, process.platform)
  try {
    const child = spawn(file, args, {
      cwd,
      env: env as NodeJS.ProcessEnv | undefined,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
      windowsVerbatimArguments: verbatim,
    })
    // The cache's own timer keeps the process alive while anybody waits.
    if (isFlight(signal)) for (const part of [child, child.stdout, child.stderr]) unref(part)
    return child
  } catch (error) {
    throw startError(label, error)
  }
}

function collect(
  child: ChildProcess,
  { stdout, stderr }: Written,
  { onOutput, onTooMuch }: { readonly onOutput: () => void; readonly onTooMuch: () => void },
): void {
  let size = 0
  let errorSize = 0
  // A child that could not be started for want of file descriptors has no pipes.
  child.stdout?.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > maxOutputBytes) return onTooMuch()
    stdout.push(chunk)
    onOutput()
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    if (errorSize < maxErrorBytes) stderr.push(chunk)
    errorSize += chunk.length
  })
}

/** @throws AuthError when the command failed, or what it wrote is no text */
function outputOf(
  { status, killedBy }: Outcome,
  { stdout, stderr }: Written,
  { command, env = process.env }: CommandOptions,
  label: string,
): string {
  const output = Buffer.concat(stdout)
  if (status === 0) return textOf(output, label)
  const how = killedBy ? `was ended by ${killedBy}` : `exited with status ${status}`
  const known = [...command.slice(1), ...Object.values(env)]
  const secrets = [output.toString(), ...known.filter((value) => value !== undefined)]
  const said = redact(Buffer.concat(stderr).toString(), secrets)
  throw AuthError.transient(`${label} ${how}${said && `: ${said}`}`, { code: 'ERR_AUTH_COMMAND_FAILED' })
}

function textOf(output: Buffer, label: string): string {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(output).trim()
  } catch {
    throw outputError(`${label} wrote bytes to standard output that are not UTF-8`)
  }
  if (text === '') throw outputError(`${label} wrote nothing to standard output`)
  return text
}

function isBlank(chunks: readonly Buffer[]): boolean {
  return chunks.every((chunk) => chunk.toString().trim() === '')
}

/** Pipes are sockets, which Node's types do not say. */
function unref(part: { unref(): unknown } | object | null): void {
  ;(part as Partial<Socket> | null)?.unref?.()
}

/** Errors of `spawn` hold all arguments, so only their code is kept. */
function startError(label: string, cause: unknown): AuthError {
  if (busyCodes.includes((cause as NodeJS.ErrnoException).code ?? '')) {
    const message = `${label} could not be started, because this machine is too busy`
    return AuthError.transient(message, { code: 'ERR_AUTH_COMMAND_FAILED', cause })
  }
  const message = `${label} cannot be started: no such program or working directory, or not executable`
  return AuthError.build(message, { code: 'ERR_AUTH_COMMAND_NOT_FOUND', cause })
}
