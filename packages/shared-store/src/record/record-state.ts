import { AuthError } from '@outbound-auth/core'
import { parseObject } from '@outbound-auth/core/provider'

/** The content of a record. */
export interface RecordState {
  /** A random name for the life of the record from its first write to its removal. */
  readonly line: string
  /** Counts the documents of this life. */
  readonly rev: number
  /** Differs at each write. */
  readonly stamp: string
  /** The holder of the lock; undefined if it is free. */
  readonly lock?: string | undefined
  /** The document; undefined if none was written yet. */
  readonly body?: DocumentBody | undefined
}

/** A document as it is written: as JSON, or encrypted (base64). */
export type DocumentBody = { readonly document: unknown } | { readonly sealed: string }

/** The first characters keep clients that read JSON by themselves from doing so. */
const format = 'oa1:'

/** A random text that no other call returns. */
export function randomId(): string {
  return crypto.randomUUID()
}

/** The text of a record. Characters outside ASCII are escaped, so that no client and no encoding changes them. */
export function formatRecord({ body, ...state }: RecordState): string {
  const json = JSON.stringify({ ...state, ...body })
  return (
    format +
    json.replace(/[^ -~]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
  )
}

/** @throws AuthError `ERR_AUTH_STORE_CORRUPT` (build) when another program wrote the text */
export function parseRecord(text: string, name: string): RecordState {
  const found = text.startsWith(format) ? parseObject(text.slice(format.length)) : undefined
  const { line, rev, stamp, lock, document, sealed } = found ?? {}
  const isWhole = typeof line === 'string' && Number.isSafeInteger(rev) && typeof stamp === 'string'
  if (!isWhole || !isText(lock) || !isText(sealed)) {
    throw corruptError(
      name,
      'it holds something that this package did not write. Correct the name, or remove it',
    )
  }
  const body = sealed !== undefined ? { sealed } : document !== undefined ? { document } : undefined
  return { line, rev: rev as number, stamp, lock, body }
}

/** The error of a record that cannot be used until somebody changes it. */
export function corruptError(name: string, problem: string): AuthError {
  return AuthError.build(`Cannot use ${name}: ${problem}`, { code: 'ERR_AUTH_STORE_CORRUPT' })
}

function isText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}
