import { stat } from 'node:fs/promises'
import { namesSecret } from '@outbound-auth/core/command'
import type { StorePlace } from '@outbound-auth/resolver'
import { shellWord } from '../lib/escape-controls.js'

/** A definition, and the file that it stands in. */
export interface SecretPlaces {
  readonly definition: Readonly<Record<string, unknown>>
  /** The path of the configuration file; undefined for a preset. */
  readonly file: string | undefined
}

/**
 * Warnings about secrets in files that other users of this machine can read: files that the definition names, and the
 * configuration file if it holds a secret itself. A file that cannot be looked at is left to the error of its reader.
 */
export async function readableSecrets({ definition, file }: SecretPlaces): Promise<string[]> {
  if (process.getuid === undefined) return []
  const named = secretFiles(definition)
  const holder = file !== undefined && holdsLiteral(definition) ? [file] : []
  const readable = await Promise.all([...named, ...holder].map(isReadableByOthers))
  return [...named, ...holder]
    .filter((_, index) => readable[index])
    .map((path) => `other users can read the secret in ${path}. Run: chmod 600 ${shellWord(path)}`)
}

async function isReadableByOthers(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined)
  return stats?.isFile() === true && (stats.mode & 0o044) !== 0
}

function secretFiles(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const { file } = value as { file?: unknown }
  return typeof file === 'string' ? [file] : Object.values(value).flatMap(secretFiles)
}

/** The properties of definitions that hold a secret, unless they hold a reference. */
const secretNames = [
  'token',
  'key',
  'privateKey',
  'clientSecret',
  'clientAssertion',
  'subjectToken',
  'actorToken',
  'assertion',
]

/** The URL may hold a password. */
function storeSecrets(store: unknown): unknown[] {
  const places = Object.values((store ?? {}) as Readonly<Record<string, StorePlace>>)
  return places.flatMap(({ url, encryptionKeys = [] }) => [url, ...encryptionKeys])
}

function holdsLiteral(definition: Readonly<Record<string, unknown>>): boolean {
  const { secretAccessKey, subjectToken } = (definition['credentials'] ?? {}) as Record<string, unknown>
  const named = Object.entries(definition['headers'] ?? {}).filter(([name]) =>
    namesSecret(name.toLowerCase()),
  )
  const secrets = [...secretNames.map((name) => definition[name]), ...storeSecrets(definition['store'])]
  return [...secrets, secretAccessKey, subjectToken, ...named.map(([, value]) => value)].some(
    (secret) => typeof secret === 'string',
  )
}
