import fc from 'fast-check'
import { expect, it } from 'vitest'
import { AuthError, type Credential } from '../src/index.js'
import { createCredentialLab, deferred, settle } from './credential-lab.js'

type Step =
  | { readonly do: 'get'; readonly minValidityMs: number | undefined }
  | { readonly do: 'refuse'; readonly attempt: number }
  | { readonly do: 'advance' | 'set back'; readonly ms: number }
  | { readonly do: 'succeed' | 'bring the same' | 'fail' }

const ms = fc.oneof(fc.constantFrom(0, 50, 74, 75, 1000, 5000, 60_000), fc.nat({ max: 400_000 }))
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('get' as const), minValidityMs: fc.option(ms, { nil: undefined }) }),
  fc.record({ do: fc.constant('refuse' as const), attempt: fc.nat({ max: 1 }) }),
  fc.record({ do: fc.constant('advance' as const), ms }),
  fc.record({ do: fc.constantFrom('succeed' as const, 'fail' as const) }),
  { weight: 1, arbitrary: fc.record({ do: fc.constant('bring the same' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('set back' as const), ms }) },
)
const options = fc.record(
  {
    lifeMs: fc.constantFrom(1000, 60_000, 3_600_000),
    refreshIntervalMs: fc.constantFrom(0, 500, 300_000),
  },
  { requiredKeys: [] },
)

it('cachedCredential() keeps its promises under any schedule', async () => {
  await fc.assert(
    fc.asyncProperty(options, fc.array(step, { maxLength: 40 }), async (labOptions, steps) => {
      const lab = createCredentialLab(labOptions)
      const endsAtMs = new Map<string, number>()
      const replaced = new Set<string>()
      const pending = new Set<Promise<void>>()
      let flight: ReturnType<typeof deferred<Credential<string>>> | undefined
      let lastServed: string | undefined
      let failedAtMs = Number.NEGATIVE_INFINITY
      // What a source or a callback throws would only become an AuthError, so it is written down.
      const broken: string[] = []
      const promise = (kept: boolean, words: string) => {
        if (!kept) broken.push(words)
      }

      lab.answer = () => {
        promise(flight === undefined, 'one flight at a time')
        promise(lab.nowMs >= failedAtMs + 75, 'no call right after a failure')
        flight = deferred()
        return flight.promise
      }
      const watch = (work: Promise<void>) => {
        const watched = work.finally(() => pending.delete(watched))
        pending.add(watched)
      }
      const finish = (how: 'succeed' | 'bring the same' | 'fail') => {
        const current = flight
        flight = undefined
        if (how === 'fail') {
          if (current) failedAtMs = lab.nowMs
          current?.reject(new Error('down'))
          return
        }
        const name = how === 'succeed' ? `token-${lab.calls.length}` : (lastServed ?? 'token-0')
        const credential = lab.issue(name)
        if (!current) return
        const { lifeMs, refreshIntervalMs } = labOptions
        endsAtMs.set(name, lab.nowMs + (lifeMs ?? (refreshIntervalMs || Number.POSITIVE_INFINITY)))
        // A source that brings a refused credential once more is the issuer's affair.
        replaced.delete(name)
        failedAtMs = Number.NEGATIVE_INFINITY
        current.resolve(credential)
      }
      const failsProperly = (error: unknown) => promise(AuthError.is(error), 'nothing but an AuthError')

      for (const next of steps) {
        if (next.do === 'get') {
          const got = lab.cache.get({ minValidityMs: next.minValidityMs })
          watch(
            got.then((token) => {
              promise((endsAtMs.get(token) ?? 0) > lab.nowMs, 'no expired credential')
              promise(!replaced.has(token), 'none that was refused and replaced')
              lastServed = token
            }, failsProperly),
          )
        } else if (next.do === 'refuse') {
          const refused = lastServed
          const recovered = lab.cache.recover(refused, next.attempt)
          watch(
            recovered.then((retry) => {
              if (retry && refused !== undefined) replaced.add(refused)
            }, failsProperly),
          )
        } else if (next.do === 'advance') lab.nowMs += next.ms
        else if (next.do === 'set back') {
          lab.nowMs -= next.ms
          if (next.ms > 0) failedAtMs = Number.NEGATIVE_INFINITY
        } else finish(next.do)
        await settle()
        const seen = lab.cache.peek()
        promise(seen === undefined || (endsAtMs.get(seen) ?? 0) > lab.nowMs, 'peek() shows no expired one')
        promise(seen === undefined || !replaced.has(seen), 'peek() shows none that was replaced')
      }
      // Whatever still waits comes to an end with its flights.
      for (let rounds = 0; flight !== undefined; rounds++) {
        promise(rounds < 5, 'no flight after flight')
        if (rounds === 5) break
        finish('succeed')
        await settle()
      }
      await settle()
      promise(pending.size === 0, 'nobody waits for ever')
      expect(broken).toEqual([])
    }),
    { numRuns: 400 },
  )
})
