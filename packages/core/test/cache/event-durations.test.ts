import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createExchange, immediateAuth } from '../../src/exchange/index.js'
import { type AuthEvent, type AuthProvider, cachedCredential, createHeaderMap } from '../../src/index.js'

type Timed = Extract<AuthEvent, { durationMs: number }>

const allowedOrigins = ['https://api.example.com']
const request = () => ({ method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() })

/**
 * The clock is set back by 2 h, as after a correction of the time: every later reading of it is before every earlier
 * one.
 */
function setClockBack(): void {
  vi.setSystemTime(Date.now() - 7_200_000)
}

function providerWith(more: Partial<AuthProvider>): AuthProvider {
  return {
    kind: 'key',
    headerNames: ['x-key'],
    addAuthHeaders: (headers) => headers.set('x-key', 'k'),
    ...more,
  }
}

const transport = {
  send: async (_: unknown, attempt: number) => (attempt === 0 ? 401 : 200),
  status: (status: number) => status,
  headers: () => createHeaderMap(),
  readBody: async () => '',
  discard: () => {},
}

/**
 * How each event with a duration comes about, with the clock set back meanwhile. A new one does not compile without a
 * row.
 */
const causes: Readonly<
  Record<Timed['type'], readonly ((observer: (event: AuthEvent) => void) => unknown)[]>
> = {
  applied: [
    (observer) => {
      const auth = providerWith({
        applyAuth: async (applied) => {
          applied.headers.set('x-key', 'k')
          setClockBack()
          return applied
        },
      })
      return createExchange(auth, { allowedOrigins, observer }).prepare(request())
    },
    (observer) => {
      const auth = providerWith({
        addAuthHeaders: (headers) => {
          headers.set('x-key', 'k')
          setClockBack()
        },
      })
      return immediateAuth(auth, { allowedOrigins, observer })(request())
    },
  ],
  recovered: [true, false].map((isRecovered) => (observer) => {
    const auth = providerWith({
      recover: async () => {
        setClockBack()
        return isRecovered
      },
    })
    return createExchange(auth, { allowedOrigins, observer }).send(request(), transport)
  }),
  'refresh-ended': [undefined, () => new Date()].map((now) => (observer) => {
    const source = () => {
      setClockBack()
      return { value: 'a', id: 'a' }
    }
    return cachedCredential({ kind: 'key', source, observer, now }).get()
  }),
}

describe('an observer is told of no negative duration when the clock is set back:', () => {
  const rows = Object.entries(causes).flatMap(([type, list]) => list.map((cause) => [type, cause] as const))
  it.each(rows)('%s', async (type, cause) => {
    // Only the calendar is replaced: `performance.now()` goes on as it does in a process whose clock is set back.
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const events: AuthEvent[] = []
    await cause((event) => events.push(event))
    const durations = events.flatMap((event) => (event.type === type ? [(event as Timed).durationMs] : []))
    expect(durations.length).toBeGreaterThan(0)
    for (const durationMs of durations) expect(durationMs).toBeGreaterThanOrEqual(0)
  })
})
