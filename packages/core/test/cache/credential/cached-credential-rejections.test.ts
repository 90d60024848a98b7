import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { AuthError } from '../../../src/index.js'
import {
  type CredentialLab,
  createCredentialLab,
  deferred,
  type LabOptions,
  settle,
} from './credential-lab.js'

const second = 1000
const hour = 3_600_000

async function warmLab(options: LabOptions = {}): Promise<CredentialLab> {
  const lab = createCredentialLab({ lifeMs: 24 * hour, ...options })
  await lab.cache.get()
  return lab
}

/** A request to an endpoint that rejects every credential, as the engine sends it. */
async function rejectedRequest(lab: CredentialLab): Promise<boolean> {
  let isRenewed = false
  for (let attempt = 0; attempt < 2; attempt++) {
    const before = lab.calls.length
    const sent = await lab.cache.get()
    if (!(await lab.cache.recover(sent, attempt))) break
    if (lab.calls.length > before) isRenewed = true
  }
  return isRenewed
}

describe('cachedCredential() with an endpoint that rejects every credential', () => {
  it.each<[number, number[]]>([
    [1, [0, 5, 15, 35, 75, 135, 195, 255]],
    [3, [0, 6, 18, 39, 81, 141, 201]],
  ])('renews after 5 s, doubling to 60 s, with a request every %d s', async (everySeconds, expected) => {
    const lab = await warmLab()
    const renewedAt: number[] = []
    for (let at = 0; at <= 260; at += everySeconds) {
      if (await rejectedRequest(lab)) renewedAt.push(at)
      lab.nowMs += everySeconds * second
    }
    expect(renewedAt).toEqual(expected)
  })

  it('renews 3 times for 27 requests in 20 s, and gives each its rejection', async () => {
    const lab = await warmLab()
    for (let request = 0; request < 27; request++) {
      await rejectedRequest(lab)
      lab.nowMs += 740
    }
    expect(lab.calls).toHaveLength(1 + 3)
  })

  it('keeps to the pause exactly, from the moment of the second rejection on', async () => {
    const lab = await warmLab()
    expect(await lab.cache.recover('token-1', 0)).toBe(true)
    lab.nowMs += 3 * second
    expect(await lab.cache.recover('token-2', 1)).toBe(false)
    lab.nowMs += 4999
    expect(await lab.cache.recover('token-2', 0)).toBe(false)
    lab.nowMs += 1
    expect(await lab.cache.recover('token-2', 0)).toBe(true)
    expect(await lab.cache.recover('token-3', 1)).toBe(false)
    lab.nowMs += 9999
    expect(await lab.cache.recover('token-3', 0)).toBe(false)
    lab.nowMs += 1
    expect(await lab.cache.recover('token-3', 0)).toBe(true)
    expect(lab.calls).toHaveLength(4)
  })

  it('serves the credential to everybody else, without a wait', async () => {
    const lab = await warmLab()
    await rejectedRequest(lab)
    for (let request = 0; request < 10; request++) {
      expect(await rejectedRequest(lab)).toBe(false)
      expect(lab.cache.peek()).toBe('token-2')
      expect(await lab.cache.get()).toBe('token-2')
    }
    expect(lab.calls).toHaveLength(2)
  })

  it('does not count 100 rejections at once as 100 failures', async () => {
    const lab = await warmLab()
    await rejectedRequest(lab)
    const rejections = Array.from({ length: 100 }, () => lab.cache.recover('token-2', 0))
    expect(new Set(await Promise.all(rejections))).toEqual(new Set([false]))
    lab.nowMs += 5 * second
    expect(await lab.cache.recover('token-2', 0)).toBe(true)
  })

  it('still sends again at once when the credential has changed since', async () => {
    const lab = await warmLab()
    await rejectedRequest(lab)
    expect(await lab.cache.recover('token-1', 0)).toBe(true)
    expect(await lab.cache.recover('token-1', 1)).toBe(true)
    expect(lab.calls).toHaveLength(2)
  })

  it('forgets it when no rejection came for 60 s', async () => {
    const lab = await warmLab()
    await rejectedRequest(lab)
    lab.nowMs += 60 * second
    expect(await lab.cache.recover('token-2', 0)).toBe(true)
    expect(await lab.cache.recover('token-3', 1)).toBe(false)
    lab.nowMs += 5 * second
    expect(await lab.cache.recover('token-3', 0)).toBe(true)
  })

  it('renews for each later request that finds its credential ended', async () => {
    const lab = await warmLab()
    for (let round = 1; round <= 5; round++) {
      expect(await lab.cache.recover(`token-${round}`, 0)).toBe(true)
    }
    expect(lab.calls).toHaveLength(6)
  })

  it('forgets it when the credential has changed for another reason', async () => {
    const lab = await warmLab({ lifeMs: 20 * second })
    await rejectedRequest(lab)
    lab.nowMs += 20 * second
    expect(await lab.cache.get()).toBe('token-3')
    expect(await lab.cache.recover('token-3', 0)).toBe(true)
    expect(lab.calls).toHaveLength(4)
  })

  it('does not forget it when a renewal brings the same credential', async () => {
    const lab = await warmLab({ refreshIntervalMs: 2 * second })
    await rejectedRequest(lab)
    lab.answer = () => lab.issue('token-2')
    lab.nowMs += 2 * second
    await lab.cache.get()
    await settle()
    expect(lab.calls).toHaveLength(3)
    expect(await lab.cache.recover('token-2', 0)).toBe(false)
    expect(lab.calls).toHaveLength(3)
  })

  it('asks a source that has no other credential after 5 s, doubling to 60 s', async () => {
    const lab = await warmLab()
    lab.answer = () => lab.issue('token-1')
    const askedAt: number[] = []
    for (let at = 0; at <= 200; at++) {
      const before = lab.calls.length
      await Promise.all(Array.from({ length: 5 }, () => lab.cache.recover('token-1', 0)))
      if (lab.calls.length > before) askedAt.push(at)
      lab.nowMs += second
    }
    expect(askedAt).toEqual([0, 5, 15, 35, 75, 135, 195])
  })

  it('does not double the calls of a source whose tokens are not kept', async () => {
    const lab = createCredentialLab()
    for (let request = 0; request < 10; request++) {
      await rejectedRequest(lab)
      lab.nowMs += 400
    }
    // One for each request, and for the first one a renewal and the token of the second send.
    expect(lab.calls).toHaveLength(12)
  })

  it('renews a token that is not kept, once it was rejected later', async () => {
    const lab = createCredentialLab()
    expect(await lab.cache.recover(await lab.cache.get(), 0)).toBe(true)
    await lab.cache.get()
    lab.nowMs += 30 * second
    expect(await lab.cache.recover(await lab.cache.get(), 0)).toBe(true)
    expect(lab.calls.at(-1)?.forceRefresh).toBe(true)
  })
})

describe('cachedCredential() with 10,000 rejections at once', () => {
  it.each(['build', 'transient'] as const)('calls a source that fails with a %s error once', async (kind) => {
    const lab = await warmLab()
    // On a busy machine the batches take longer than a failure is remembered.
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const error = AuthError[kind]('Down', { code: 'ERR_AUTH_DOWN' })
    lab.answer = () => Promise.reject(error)
    for (let batch = 0; batch < 10; batch++) {
      const rejections = Array.from({ length: 1000 }, () => lab.cache.recover('token-1', 0))
      const outcomes = await Promise.allSettled(rejections)
      expect(outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason === error)).toBe(
        true,
      )
    }
    expect(lab.calls).toHaveLength(2)
  })
})

describe('cachedCredential().renew()', () => {
  it('fetches another credential, once for all, while get() serves the one that is there', async () => {
    const lab = await warmLab()
    const renewal = deferred<ReturnType<typeof lab.issue>>()
    lab.answer = () => renewal.promise
    const renewed = Promise.all([lab.cache.renew(), lab.cache.renew({ minValidityMs: 7 })])
    expect(await lab.cache.get()).toBe('token-1')
    renewal.resolve(lab.issue('new'))
    expect(await renewed).toEqual(['new', 'new'])
    expect(await lab.cache.get()).toBe('new')
    expect(lab.calls).toHaveLength(2)
    expect(lab.calls[1]).toMatchObject({ forceRefresh: true, rejected: undefined })
  })

  it('fails with the source, and get() goes on with the credential that is there', async () => {
    const lab = await warmLab()
    lab.answer = () => Promise.reject(new Error('down'))
    await expect(lab.cache.renew()).rejects.toMatchObject({ code: 'ERR_AUTH_SOURCE' })
    expect(await lab.cache.get()).toBe('token-1')
  })
})
