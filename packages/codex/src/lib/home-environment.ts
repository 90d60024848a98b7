import { join } from 'node:path'
import { type FileLimit, readBoundedFile } from '@outbound-auth/core/command'
import { configError } from './codex-error.js'
import { parseDotenv } from './parse-dotenv.js'

type Variables = Readonly<Record<string, string | undefined>>

/** @internal The environment variables of a Codex home. */
export interface HomeEnvironment {
  /** The given variables, replaced by those of the home's `.env`. */
  readonly env: Variables
  /**
   * The variables for AWS: the given object itself if `.env` names no variable of AWS, so that the credentials of this
   * machine are found.
   */
  readonly awsEnv: Variables
  /** Ignored lines of `.env`, without any value. */
  readonly warnings: readonly string[]
}

const fileName = '.env'
const limit: FileLimit = { maxBytes: 2 ** 20, content: 'environment variables' }

/**
 * @internal Reads the `.env` of a Codex home. Its variables replace those of the environment, as in Codex, and names
 * that begin with `CODEX_` are ignored. Nothing is set in the process.
 *
 * @throws AuthError `ERR_AUTH_CODEX_CONFIG` (build) when it cannot be read, is not a regular file, or is larger than 1
 * MiB
 */
export async function readHomeEnvironment(home: string, env: Variables): Promise<HomeEnvironment> {
  const read = await readBoundedFile(join(home, fileName), { limit })
  if (read.problem !== undefined) {
    const { problem, code } = read
    if (code === 'ENOENT' || code === 'ENOTDIR') return { env, awsEnv: env, warnings: [] }
    throw configError(fileName, code ? `it cannot be read: ${code}` : `it ${problem}`)
  }
  const { variables, ignoredLines } = parseDotenv(
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(read.bytes),
    (name) => (Object.hasOwn(env, name) ? env[name] : undefined),
  )
  const isReserved = (name: string) => name.toUpperCase().startsWith('CODEX_')
  const warnings = [
    ...ignoredLines.map((line) => `${fileName}:${line}: this line is not understood and is ignored`),
    ...variables
      .filter(([name]) => isReserved(name))
      .map(
        ([name]) =>
          `${fileName}: ${name} is ignored, since names that begin with CODEX_ are not taken from this file`,
      ),
  ]
  const homeVariables = new Map(variables.filter(([name]) => !isReserved(name)))
  if (homeVariables.size === 0) return { env, awsEnv: env, warnings }
  const whole = overlay(env, homeVariables)
  const isForAws = [...homeVariables.keys()].some((name) =>
    /^(AWS_.*|HOME|USERPROFILE|HOMEDRIVE|HOMEPATH)$/i.test(name),
  )
  return { env: whole, awsEnv: isForAws ? whole : env, warnings }
}

/** Lays variables over the environment, which may change. */
function overlay(env: Variables, upper: ReadonlyMap<string, string>): Variables {
  const lookUp = (name: string) => upper.get(name) ?? (Object.hasOwn(env, name) ? env[name] : undefined)
  const has = (name: string) => upper.has(name) || Object.hasOwn(env, name)
  return new Proxy<Record<string, string | undefined>>(
    {},
    {
      get: (_, name) => (typeof name === 'string' ? lookUp(name) : undefined),
      has: (_, name) => typeof name === 'string' && has(name),
      ownKeys: () => [...new Set([...Object.keys(env), ...upper.keys()])],
      getOwnPropertyDescriptor: (_, name) =>
        typeof name === 'string' && has(name)
          ? { value: lookUp(name), enumerable: true, configurable: true, writable: false }
          : undefined,
      set: () => false,
      deleteProperty: () => false,
      defineProperty: () => false,
    },
  )
}
