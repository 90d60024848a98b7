import { join } from 'node:path'
import type { FoundConfig } from '../config/load-config.js'
import type { CommandContext } from '../context/command.js'
import { hmacSha256, sha256 } from '../lib/digest.js'
import { readPrivateFile, userFolder } from '../lib/private-file.js'
import { digestOf, trustPath } from '../trust/config-trust.js'

/** The parts of AWS credentials. */
export interface CredentialKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** A credential itself, not a request that carries it: a token, or AWS keys. */
export interface OpenCredential {
  readonly provider: string
  readonly kind: string
  readonly token?: string | undefined
  readonly keys?: CredentialKeys | undefined
  readonly expiresAt?: Date | undefined
}

/** The input that decides which credential the command gets. */
export interface CredentialQuestion {
  /** Path and hash of the configuration file; undefined without one. */
  readonly config: { readonly path: string; readonly sha256: string } | undefined
  /** `--provider` */
  readonly provider: string | undefined
  /** The origin that chooses the provider; undefined where it has no say. */
  readonly origin: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The file of one question. Its name says nothing about the credential. */
export interface StoredCredential {
  /** The key of `fingerprint`, so that nobody can guess a variable from it. */
  readonly salt: string
  /** The same for the same configuration and environment. */
  readonly fingerprint: string
  readonly storedAt: number
  readonly credential?: (Omit<OpenCredential, 'expiresAt'> & { readonly expiresAt: number }) | undefined
}

/** Variables that differ from terminal to terminal, and that no source of credentials reads. */
const volatile =
  /^(_|PWD|OLDPWD|SHLVL|TERM\w*|COLORTERM|COLUMNS|LINES|WINDOWID|DISPLAY|WAYLAND_DISPLAY|SSH_(TTY|CLIENT|CONNECTION)|TMUX\w*|STY|VSCODE_\w+|XDG_SESSION_ID|INIT_CWD|npm_\w+|OUTBOUND_AUTH_TRUST|KUBERNETES_EXEC_INFO)$/

/**
 * The question of a command line. Without `--provider` the origin of a URL chooses the provider. No other part of a URL
 * is in the question, because it may hold a secret.
 *
 * @param found the configuration file; null if there is no file
 * @param target a URL or path that has been checked
 */
export async function questionOf(
  { args, env }: Pick<CommandContext, 'args' | 'env'>,
  found: FoundConfig | null,
  target: string | undefined,
): Promise<CredentialQuestion> {
  const config = found ? { path: await trustPath(found.path), sha256: digestOf(found.bytes) } : undefined
  const { provider } = args
  const hasOrigin = provider === undefined && target !== undefined && URL.canParse(target)
  return { config, provider, origin: hasOrigin ? new URL(target).origin : undefined, env }
}

/** The path of the file that keeps the credential of a question. */
export function storedPath({ config, provider, origin, env }: CredentialQuestion): string {
  const name = JSON.stringify([config?.path ?? null, provider ?? null, origin ?? null])
  const digest = sha256(name).slice(0, 32)
  return join(userFolder('cache', env), `token-${digest}.json`)
}

/** A number that tells whether configuration and environment are the same as those of a stored credential. */
export function fingerprintOf({ config, env }: CredentialQuestion, salt: string): string {
  const variables = Object.keys(env)
    .filter((name) => !volatile.test(name))
    .sort()
    .map((name) => [name, env[name] ?? null])
  const asked = JSON.stringify([config?.sha256 ?? null, variables])
  return hmacSha256(Buffer.from(salt, 'hex'), asked)
}

/** A new salt. */
export function newSalt(): string {
  return process.getBuiltinModule('node:crypto').randomBytes(32).toString('hex')
}

/** A credential of an earlier run. */
export interface KeptCredential {
  readonly credential: OpenCredential
  /** When it was fetched, in milliseconds. */
  readonly storedAt: number
}

/** The credential of an earlier run; undefined if it is missing or expires soon. */
export async function readStored(question: CredentialQuestion): Promise<KeptCredential | undefined> {
  const text = await readPrivateFile(storedPath(question)).catch(() => undefined)
  try {
    const stored = text === undefined ? undefined : parseStored(JSON.parse(text))
    const credential = stored && freshCredential(stored, question)
    return stored && credential && { credential, storedAt: stored.storedAt }
  } catch {
    return undefined
  }
}

/** The longest time before its expiry that a stored credential is no longer used, in milliseconds. */
const marginMs = 120_000

/** The credential of a stored document, if it belongs to the question and does not expire soon. */
export function freshCredential(
  { salt, fingerprint, storedAt, credential }: StoredCredential,
  question: CredentialQuestion,
): OpenCredential | undefined {
  if (!credential || fingerprint !== fingerprintOf(question, salt)) return undefined
  const now = Date.now()
  const margin = Math.min(marginMs, (credential.expiresAt - storedAt) / 2)
  // A clock that was set back makes a stored credential look younger than it is.
  const lasts = now >= storedAt && credential.expiresAt - now > margin
  return lasts ? { ...credential, expiresAt: new Date(credential.expiresAt) } : undefined
}

/** Checks what a file holds. @throws TypeError */
export function parseStored(json: unknown): StoredCredential {
  const stored = json as StoredCredential
  const { credential } = stored
  const isText = (value: unknown) => typeof value === 'string'
  const hasSecret = !credential || isText(credential.token) || isText(credential.keys?.secretAccessKey)
  const isDated =
    typeof stored.storedAt === 'number' && (!credential || Number.isFinite(credential.expiresAt))
  if (isText(stored.salt) && isText(stored.fingerprint) && hasSecret && isDated) return stored
  throw new TypeError('not a stored credential')
}
