import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  type CredentialQuestion,
  fingerprintOf,
  freshCredential,
  type StoredCredential,
} from '../../src/token/stored-credential.js'

const nowMs = Date.parse('2026-11-30T12:00:00Z')

beforeEach(() => void vi.useFakeTimers({ now: nowMs, toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const question: CredentialQuestion = { config: undefined, provider: 'a', origin: undefined, env: {} }

/** Whether a stored credential is used that expires so soon, and is so old. */
function isUsed(leftMs: number, ageMs: number): boolean {
  const stored: StoredCredential = {
    salt: '00',
    fingerprint: fingerprintOf(question, '00'),
    storedAt: nowMs - ageMs,
    credential: { provider: 'a', kind: 'bearer', token: 'token', expiresAt: nowMs + leftMs },
  }
  return freshCredential(stored, question) !== undefined
}

test.each([
  ['120 s before it expires', 120_000, 3_600_000],
  ['half of its life before it expires, if that is less', 60_000, 60_000],
  ['as soon as the clock is set back behind its time', 3_600_000, -1],
])('freshCredential() drops a stored credential %s, and not earlier', (_, leftMs, ageMs) => {
  expect(isUsed(leftMs, ageMs)).toBe(false)
  expect(isUsed(leftMs + 1, Math.max(0, ageMs))).toBe(true)
})
