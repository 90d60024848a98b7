import { resolve } from 'node:path'
import {
  AuthError,
  checkOptions,
  commandLabel,
  type SourceOptions,
  type TokenSource,
} from '@outbound-auth/core'
import type { AwsKeysSource } from './aws-source.js'
import { isPlainObject } from './copy-definition.js'
import { openAwsReference } from './open-aws-reference.js'
import type { OpenHost, PipeContent } from './open-host.js'
import { type OpenedReference, openVariable, type VariableNotes } from './open-variable.js'
import type { CommandReference, SecretHost } from './secret-reference.js'
import { shownName } from './shown-name.js'

/** Of a text that an injected `readFile` gives, as that of a file. */
const maxSecretLength = 2 ** 20

/**
 * @internal Opens a reference; undefined when the value is not a reference.
 *
 * @param use what cannot be done without the secret, in words
 * @throws TypeError when it is a reference and is malformed
 */
export function openReference(
  value: unknown,
  use: string,
  host: OpenHost,
  notes: VariableNotes,
): OpenedReference<TokenSource | AwsKeysSource> | undefined {
  if (isPlainObject(value) && ('awsChain' in value || 'accessKeyId' in value)) {
    return openAwsReference(value, use, host, notes, openSecret)
  }
  return openSecret(value, use, host, notes)
}

function openSecret(
  value: unknown,
  use: string,
  host: OpenHost,
  notes: VariableNotes,
): OpenedReference | undefined {
  if (!isPlainObject(value)) return undefined
  if ('file' in value) return openFile(value, use, host)
  if ('command' in value) return openCommand(value, use, host)
  return openVariable(value, use, host, notes)
}

function openFile(value: Record<string, unknown>, use: string, host: OpenHost): OpenedReference {
  checkOptions(use, value, ['file'])
  const { file } = value
  if (!isText(file)) throw new TypeError(`${use}: file must be a path`)
  const label = `file ${shownPath(file)}`
  const fail = (problem: string, cause?: unknown): never => {
    throw AuthError.build(`${use}: ${label} ${problem}`, { code: 'ERR_AUTH_MISSING_FILE', cause })
  }
  const readWith = async (readFile: NonNullable<SecretHost['readFile']>) => {
    const text = await readFile(file).catch((cause) => fail('cannot be read', cause))
    return text.length > maxSecretLength ? fail('is larger than 1 MiB, the limit for a secret') : text
  }
  const read = async (signal: AbortSignal) => {
    const { problem, code, bytes } = await readSecret(placed(file, host), signal, host)
    if (problem !== undefined) return fail(problem, code && { code })
    return new TextDecoder().decode(bytes)
  }
  const source = async ({ signal }: SourceOptions) => {
    const text = await (host.readFile ? readWith(host.readFile) : read(signal))
    return text.trim() || fail('is blank')
  }
  return { label, source: Object.assign(source, { refreshIntervalMs: 1000 }) }
}

/** What was in a pipe is kept for as long as the resolver. */
async function readSecret(file: string, signal: AbortSignal, { pipes }: OpenHost): Promise<PipeContent> {
  const { givenDescriptor, readBoundedFile, secretLimit } = await import('@outbound-auth/core/command')
  const descriptor = givenDescriptor(file)
  const kept = descriptor === undefined ? undefined : pipes.get(descriptor)
  if (kept) return kept
  const reading = readBoundedFile(file, { limit: secretLimit, acceptsPipe: true, signal })
  if (descriptor === undefined) return reading
  pipes.set(descriptor, reading)
  const found = await reading
  if (!found.isPipe) pipes.delete(descriptor)
  return found
}

/** A path for a message; what has no name in it that a file might have may be a secret in its place. */
function shownPath(path: string): string {
  const isPath = /[/\\.]/.test(path) && !/[^/\\]{65}|:\/\//.test(path)
  return isPath ? path : shownName(path)
}

/** The absolute path that a relative one in a definition stands for. */
function placed(path: string, { directory }: OpenHost): string {
  return directory === undefined ? path : resolve(directory, path)
}

function openCommand(value: Record<string, unknown>, use: string, host: OpenHost): OpenedReference {
  checkOptions(use, value, ['command', 'cwd', 'timeoutMs', 'refreshIntervalMs'])
  const { command, cwd } = value
  if (!Array.isArray(command) || !isText(command[0]) || !command.every((part) => typeof part === 'string')) {
    throw new TypeError(`${use}: command must be a list of strings, the program first`)
  }
  if (cwd !== undefined && !isText(cwd)) throw new TypeError(`${use}: cwd must be a path`)
  const reference: CommandReference = {
    ...(value as unknown as CommandReference),
    ...(cwd !== undefined && { cwd: placed(cwd, host) }),
  }
  const { timeoutMs = 5000, refreshIntervalMs = 300_000 } = reference
  const run = async (options: SourceOptions) => {
    if (host.runCommand) return host.runCommand(reference, options)
    const { commandToken } = await import('@outbound-auth/core/command')
    return commandToken({ cwd: host.directory, ...reference, env: host.env })(options)
  }
  // The run's own limit comes first, for the sake of its error.
  const defaults = { refreshIntervalMs, timeoutMs: timeoutMs + 1000 }
  return { label: `command ${commandLabel(command)}`, source: Object.assign(run, defaults) }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}
