import { resolve } from 'node:path'
import type { AuthError, SourceOptions, TokenSource } from '@outbound-auth/core'
import { commandLabel } from '@outbound-auth/core/command'
import type { AwsKeysSource } from '../definition/aws-source.js'
import { isPlainObject } from '../definition/copy-definition.js'
import { definitionError } from '../definition/definition-path.js'
import type { CommandReference } from '../definition/secret-reference.js'
import { shownName } from '../definition/shown-name.js'
import { openAwsReference } from './open-aws-reference.js'
import type { OpenHost, PipeContent } from './open-host.js'
import { type OpenedReference, openVariable } from './open-variable.js'
import {
  atPlace,
  checkOnePlace,
  checkReference,
  type ReferencePlace,
  referenceError,
} from './reference-place.js'
import type { VariableSnapshot } from './variable-snapshot.js'

/** Limit for what an injected `readFile` returns, in characters; it is the same as for a file, in bytes. */
const maxSecretLength = 2 ** 20

/**
 * @internal Opens a reference; undefined when the value is not a reference.
 *
 * @throws TypeError when the value is a reference and is malformed; AuthError (build) `ERR_AUTH_MISSING_ENV`
 */
export function openReference(
  value: unknown,
  place: ReferencePlace,
  host: OpenHost,
  variables: VariableSnapshot,
): OpenedReference<TokenSource | AwsKeysSource> | undefined {
  const openSecret = (secret: unknown, at: ReferencePlace): OpenedReference | undefined => {
    if (!isPlainObject(secret)) return undefined
    checkOnePlace(at, secret)
    if ('file' in secret) return openFile(secret, at, host)
    if ('command' in secret) return openCommand(secret, at, host)
    return openVariable(secret, at, variables)
  }
  if (isPlainObject(value) && ('awsChain' in value || 'accessKeyId' in value))
    return openAwsReference(value, place, host, openSecret)
  return openSecret(value, place)
}

function openFile(
  reference: Record<string, unknown>,
  place: ReferencePlace,
  host: OpenHost,
): OpenedReference {
  const { file } = checkReference(place, reference, ['file'])
  if (!isFilled(file)) throw definitionError(`${place.use}: file must be a path`, [...place.path, 'file'])
  const label = `file ${shownPath(file)}`
  const fileError = (problem: string, cause?: unknown): AuthError =>
    referenceError(place, `${label} ${problem}`, 'ERR_AUTH_MISSING_FILE', cause)

  async function readText(signal: AbortSignal): Promise<string> {
    if (!host.readFile) {
      const { problem, code, bytes } = await readSecret(absolutePath(file as string, host), signal, host)
      if (problem !== undefined) throw fileError(problem, code && { code })
      return new TextDecoder().decode(bytes)
    }
    const text = await host.readFile(file as string).catch((cause: unknown) => {
      throw fileError('cannot be read', cause)
    })
    if (text.length > maxSecretLength) throw fileError('is larger than 1 MiB, the limit for a secret')
    return text
  }

  const source = async ({ signal }: SourceOptions) => {
    const secret = (await readText(signal)).trim()
    if (secret === '') throw fileError('is blank')
    return secret
  }
  return { label, source: Object.assign(source, { refreshIntervalMs: 1000 }) }
}

/** Reads a file, or a pipe. The content of a pipe is kept as long as the resolver, because a pipe gives it once. */
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

/** A path for a message. A string that does not look like a path may be a secret in the wrong place. */
function shownPath(path: string): string {
  const isPath = /[/\\.]/.test(path) && !/[^/\\]{65}|:\/\//.test(path)
  return isPath ? path : shownName(path)
}

function absolutePath(path: string, { directory }: OpenHost): string {
  return directory === undefined ? path : resolve(directory, path)
}

function openCommand(
  reference: Record<string, unknown>,
  place: ReferencePlace,
  host: OpenHost,
): OpenedReference {
  const checked = checkReference(place, reference, ['command', 'cwd', 'timeoutMs', 'refreshIntervalMs'])
  const { command, cwd } = checked
  const invalid = (name: string, needed: string) =>
    definitionError(`${place.use}: ${name} must be ${needed}`, [...place.path, name])
  if (!Array.isArray(command) || !isFilled(command[0]) || !command.every((part) => typeof part === 'string'))
    throw invalid('command', 'a list of strings, the program first')
  if (cwd !== undefined && !isFilled(cwd)) throw invalid('cwd', 'a path')
  const given: CommandReference = {
    ...(checked as unknown as CommandReference),
    ...(cwd !== undefined && { cwd: absolutePath(cwd, host) }),
  }
  const { timeoutMs = 5000, refreshIntervalMs = 300_000 } = given
  const run = atPlace(place, async (options: SourceOptions) => {
    if (host.runCommand) return host.runCommand(given, options)
    const { commandToken } = await import('@outbound-auth/core/command')
    return commandToken({ cwd: host.directory, ...given, env: host.env })(options)
  })
  // The time limit of the run is the shorter one, because its error says more.
  const defaults = { refreshIntervalMs, timeoutMs: timeoutMs + 1000 }
  return { label: `command ${commandLabel(command)}`, source: Object.assign(run, defaults) }
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}
