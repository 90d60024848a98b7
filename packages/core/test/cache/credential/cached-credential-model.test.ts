import fc from 'fast-check'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { AuthError, type Credential } from '../../../src/index.js'
import { type MortalRequest, type MortalRequests, mortalRequests } from '../mortal-request.js'
import { createCredentialLab, deferred } from './credential-lab.js'

type Step =
  | { readonly do: 'get'; readonly minValidityMs: number | undefined }
  | { readonly do: 'reject'; readonly attempt: number }
  | { readonly do: 'advance' | 'set back'; readonly ms: number }
  | {
      readonly do:
        | 'succeed'
        | 'bring the same'
        | 'bring an expired one'
        | 'fail'
        | 'fail for good'
        | 'lose the owner'
    }

const ms = fc.oneof(fc.constantFrom(0, 50, 74, 75, 1000, 4999, 5000, 60_000), fc.nat({ max: 400_000 }))
const soon = fc.oneof(fc.constantFrom(0, 74, 75, 4999, 5000), fc.nat({ max: 6000 }))
const weighted = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary })
const only = <const T extends Step['do']>(...names: T[]) => fc.constantFrom(...names)
const step: fc.Arbitrary<Step> = fc.oneof(
  weighted(6, fc.record({ do: only('get'), minValidityMs: fc.option(ms, { nil: undefined }) })),
  weighted(6, fc.record({ do: only('reject'), attempt: fc.nat({ max: 1 }) })),
  weighted(6, fc.record({ do: only('succeed') })),
  weighted(4, fc.record({ do: only('advance'), ms: soon })),
  weighted(2, fc.record({ do: only('advance'), ms })),
  weighted(2, fc.record({ do: only('fail', 'fail for good') })),
  weighted(2, fc.record({ do: only('bring the same', 'bring an expired one') })),
  weighted(1, fc.record({ do: only('lose the owner') })),
  weighted(1, fc.record({ do: only('set back'), ms })),
)
/** A credential that was rejected is replaced, and the next one is in use. */
const replacement: Step[] = [
  { do: 'reject', attempt: 0 },
  { do: 'succeed' },
  { do: 'get', minValidityMs: undefined },
]
const steps = fc
  .array(
    fc.oneof(
      weighted(
        9,
        step.map((one) => [one]),
      ),
      weighted(1, fc.constant(replacement)),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.flat())
const options = fc.record(
  {
    lifeMs: fc.constantFrom(1000, 60_000, 3_600_000),
    refreshIntervalMs: fc.constantFrom(0, 500, 300_000),
  },
  { requiredKeys: [] },
)

let requests: MortalRequests
beforeEach(async () => {
  // The first call of the source and the first rejection load code, for which no request below waits.
  const { cache } = createCredentialLab({ refreshIntervalMs: 0 })
  await cache.recover(await cache.get(), 0)
  vi.useFakeTimers()
  requests = mortalRequests()
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const { setImmediate: nextTurn } = globalThis

/** Lets everything that is under way come to its end, also the load of a part; timers stand still. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise<void>((resolve) => nextTurn(resolve))
}

/** Lets the timers run for as long as nobody hears of an owner that is gone. */
async function waitForSilence(): Promise<void> {
  for (let beat = 0; beat < 4; beat++) {
    vi.advanceTimersByTime(250)
    await settle()
  }
}

/** The one flight of the source, and who would have to end for it to be lost. */
interface ModelFlight extends ReturnType<typeof deferred<Credential<string>>> {
  readonly isForced: boolean
  readonly endOwner: () => void
  isLost: boolean
}

it('cachedCredential() keeps its promises under any schedule', async () => {
  await fc.assert(
    fc.asyncProperty(options, steps, async (labOptions, schedule) => {
      const lab = createCredentialLab(labOptions)
      const endsAtMs = new Map<string, number>()
      const replaced = new Set<string>()
      /** Credentials that were fetched because of a rejection, and when they were rejected for the first time. */
      const answers = new Map<string, number | undefined>()
      const pending = new Set<MortalRequest<unknown>>()
      let flight: ModelFlight | undefined
      let lastServed: string | undefined
      let failedAtMs = Number.NEGATIVE_INFINITY
      let lastRejectedAtMs = Number.NEGATIVE_INFINITY
      // What a source or a callback throws would only become an AuthError, so it is written down.
      const broken: string[] = []
      const promise = (kept: boolean, words: string) => {
        if (!kept) broken.push(words)
      }
      const isValid = (name: string) => (endsAtMs.get(name) ?? 0) > lab.nowMs

      lab.answer = (_, { forceRefresh, rejected = '' }) => {
        promise(flight === undefined || flight.isLost, 'one flight at a time, unless its owner is gone')
        promise(lab.nowMs >= failedAtMs + 75, 'no call right after a failure, whatever its kind')
        const rejectedAgainAtMs = answers.get(rejected)
        const isPaused = rejectedAgainAtMs !== undefined && lab.nowMs - rejectedAgainAtMs < 5000
        // A flight that lost its owner is begun anew: it was allowed when it began.
        const isContinued = flight?.isForced === true
        promise(
          !forceRefresh || !isPaused || isContinued,
          'no renewal by rejection for 5 s after one that did not help',
        )
        flight = {
          ...deferred<Credential<string>>(),
          isForced: forceRefresh,
          endOwner: requests.ender(),
          isLost: false,
        }
        return flight.promise
      }
      /** Follows a request to its end; one that has ended before needs none. */
      const watch = <T>(work: () => Promise<T>, judge: (outcome: T) => void) => {
        const request = requests.start(work)
        pending.add(request)
        void request.result
          .then(judge, (error) => promise(AuthError.is(error), 'nothing but an AuthError'))
          .finally(() => pending.delete(request))
      }
      const fail = (error: unknown) => {
        if (!flight || flight.isLost) return
        failedAtMs = lab.nowMs
        flight.reject(error)
        flight = undefined
      }
      const succeed = (name: string, expiredMs?: number) => {
        const current = flight
        if (!current || current.isLost) return
        flight = undefined
        failedAtMs = Number.NEGATIVE_INFINITY
        if (expiredMs !== undefined) {
          // It is kept by the monotonic clock, which hardly moves here. Instead of a valid one it is not served.
          endsAtMs.set(name, Number.POSITIVE_INFINITY)
          current.resolve({ value: name, id: name, expiresAt: new Date(lab.nowMs - expiredMs) })
          return
        }
        const { lifeMs, refreshIntervalMs } = labOptions
        endsAtMs.set(name, lab.nowMs + (lifeMs ?? (refreshIntervalMs || Number.POSITIVE_INFINITY)))
        // A source that brings a rejected credential once more is the issuer's affair.
        replaced.delete(name)
        if (current.isForced) answers.set(name, undefined)
        else answers.delete(name)
        current.resolve(lab.issue(name))
      }
      const get = async (minValidityMs: number | undefined) => {
        const held = lab.cache.peek()
        const leftMs = (endsAtMs.get(held ?? '') ?? 0) - lab.nowMs
        const isAtEase = labOptions.lifeMs === undefined || leftMs > Math.max(30_000, minValidityMs ?? 0)
        let isServed = false
        const { isForced = false } = flight ?? {}
        watch(
          () => lab.cache.get({ minValidityMs }),
          (token) => {
            isServed = true
            promise(isValid(token), 'no expired credential, but for one that was expired when it came')
            promise(!replaced.has(token), 'none that was rejected and replaced')
            lastServed = token
          },
        )
        await settle()
        promise(!(isForced && held && isAtEase) || isServed, 'no wait for an answer to a rejection elsewhere')
      }
      const reject = (attempt: number) => {
        const rejected = lastServed
        if (rejected === undefined) return
        const isForgotten = !(lab.nowMs - lastRejectedAtMs >= 0 && lab.nowMs - lastRejectedAtMs < 60_000)
        const isCurrent = lab.cache.peek() === rejected
        if (isCurrent) lastRejectedAtMs = lab.nowMs
        if (isCurrent && isForgotten) answers.clear()
        else if (isCurrent && attempt > 0 && answers.has(rejected))
          answers.set(rejected, answers.get(rejected) ?? lab.nowMs)
        watch(
          () => lab.cache.recover(rejected, attempt),
          (isRetried) => {
            if (isRetried) replaced.add(rejected)
          },
        )
      }
      const lose = () => {
        if (!flight) return
        flight.isLost = true
        flight.endOwner()
      }

      for (const next of schedule) {
        if (next.do === 'get') await get(next.minValidityMs)
        else if (next.do === 'reject') reject(next.attempt)
        else if (next.do === 'advance') lab.nowMs += next.ms
        else if (next.do === 'set back') {
          lab.nowMs -= next.ms
          if (next.ms > 0) failedAtMs = lastRejectedAtMs = Number.NEGATIVE_INFINITY
          if (next.ms > 0) answers.clear()
        } else if (next.do === 'fail') fail(new Error('down'))
        else if (next.do === 'fail for good') fail(AuthError.build('Log in', { code: 'ERR_AUTH_CREDENTIAL' }))
        else if (next.do === 'lose the owner') lose()
        else if (next.do === 'bring an expired one') succeed(`token-${lab.calls.length}`, 1000)
        else succeed(next.do === 'succeed' ? `token-${lab.calls.length}` : (lastServed ?? 'token-0'))
        await settle()
        const seen = lab.cache.peek()
        promise(seen === undefined || isValid(seen), 'peek() shows no expired one')
        promise(seen === undefined || !replaced.has(seen), 'peek() shows none that was replaced')
      }
      // Whatever still waits comes to an end with its flights, or with the first look at an owner that is gone.
      for (let rounds = 0; flight !== undefined; rounds++) {
        promise(rounds < 6, 'no flight after flight')
        if (rounds === 6) break
        const before: ModelFlight | undefined = flight
        if (flight.isLost) await waitForSilence()
        if (flight === before && flight.isLost) flight = undefined
        else succeed(`token-${lab.calls.length}`)
        await settle()
      }
      promise(![...pending].some(({ isAlive }) => isAlive()), 'no request waits for ever')
      expect(broken).toEqual([])
      vi.clearAllTimers()
    }),
    { numRuns: 400 },
  )
})
