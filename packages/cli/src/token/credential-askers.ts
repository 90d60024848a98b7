import { rename, rm, writeFile } from 'node:fs/promises'
import { readPrivateFile } from '../lib/private-file.js'
import { type CredentialQuestion, newSalt, storedPath } from './stored-credential.js'
import type { TokenFormat } from './token-formats.js'

/** The processes that got a kept credential, by their ids, with the times when they got it. */
type Askers = Readonly<Record<string, number>>

/** A younger credential is no reason for another one: several threads of a program may ask at once. */
const leastAgeMs = 60_000

/** How long a program that gets no expiry keeps a credential by default, with a margin. */
const helperMs = 300_000

/**
 * Decides whether a program wants another credential than the kept one, because a server has rejected it. No protocol
 * of credential processes says so. But each of these programs keeps a credential, so the same process asks again for
 * one of two reasons: its time to keep a credential is over, or it got a 401.
 *
 * - `kubectl`: the program keeps a credential until the expiry that it was told.
 * - `codex`, `anthropic`: the program keeps a credential for 5 minutes, or for `CLAUDE_CODE_API_KEY_HELPER_TTL_MS`.
 * - `aws-credential-process`: each client of a process asks by itself, and none asks because of a rejection.
 * - `plain`, `json`: a script may ask as often as it likes.
 *
 * @param storedAt when the kept credential was fetched, in milliseconds
 * @param asker the id of the process that asks
 */
export async function isRejected(
  question: CredentialQuestion,
  format: TokenFormat,
  storedAt: number,
  asker: number = process.ppid,
): Promise<boolean> {
  const keptForMs = keepingTime(format, question.env)
  const nowMs = Date.now()
  if (keptForMs === 0 || nowMs - storedAt < leastAgeMs) return false
  const gotAt = (await readAskers(question))[asker] ?? 0
  return gotAt >= storedAt && nowMs - gotAt < keptForMs
}

/** Remembers which process got the credential. It is a convenience, so a folder that cannot be written is no error. */
export async function noteAsker(
  question: CredentialQuestion,
  format: TokenFormat,
  asker: number = process.ppid,
): Promise<void> {
  if (keepingTime(format, question.env) === 0) return
  const nowMs = Date.now()
  const known = Object.entries(await readAskers(question)).filter(([, gotAt]) => nowMs - gotAt < 86_400_000)
  const path = askersPath(question)
  const draft = `${path}.${newSalt().slice(0, 12)}`
  try {
    const askers = { ...Object.fromEntries(known.slice(-100)), [asker]: nowMs }
    await writeFile(draft, JSON.stringify(askers), { mode: 0o600, flag: 'wx' })
    await rename(draft, path)
  } catch {
    await rm(draft, { force: true }).catch(() => {})
  }
}

function askersPath(question: CredentialQuestion): string {
  return storedPath(question).replace(/token-(\w+)\.json$/, 'askers-$1.json')
}

/** 0: the program keeps nothing. */
function keepingTime(format: TokenFormat, env: CredentialQuestion['env']): number {
  if (format === 'kubectl') return Number.POSITIVE_INFINITY
  if (format !== 'codex' && format !== 'anthropic') return 0
  const given = format === 'anthropic' ? Number(env['CLAUDE_CODE_API_KEY_HELPER_TTL_MS']) : 0
  return 0.9 * (given > 0 ? given : helperMs)
}

async function readAskers(question: CredentialQuestion): Promise<Askers> {
  try {
    const json: unknown = JSON.parse((await readPrivateFile(askersPath(question))) ?? '{}')
    const entries = Object.entries(json as object).filter(([, gotAt]) => typeof gotAt === 'number')
    return Object.fromEntries(entries)
  } catch {
    return {}
  }
}
