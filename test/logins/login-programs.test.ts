import { rmSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createLogin, newTokens, outcomeOf } from './login-lab.js'

const theirs = {
  accessToken: 'access-theirs',
  refreshToken: 'refresh-theirs',
  expiresAt: '2026-01-01T01:00:00Z',
}

describe('a login, when', () => {
  it('two-programs: many processes need it at the same time, is refreshed once', async () => {
    const lab = await createLogin()
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => outcomeOf(lab.start())))
    expect(new Set(outcomes)).toEqual(new Set(['access-1']))
    expect(lab.shown).toEqual(['refresh-0'])
  })

  it('other-program: a program that does not take the lock was faster, is adopted from it', async () => {
    const lab = await createLogin()
    lab.answer = (response) => {
      writeFileSync(lab.path, JSON.stringify(theirs))
      response.writeHead(400).end('{"error":"invalid_grant"}')
    }
    expect(await outcomeOf(lab.start())).toBe('access-theirs')
    expect(await lab.store.read()).toEqual(theirs)
  })

  it.each([800, 1500])(
    'other-program: a program that does not take the lock is just refreshing it, for %i ms, is adopted from it',
    async (grantMs) => {
      const lab = await createLogin()
      lab.answer = async (response, rotate) => {
        if (lab.shown.length > 1) {
          response.writeHead(400).end('{"error":"invalid_grant"}')
          return
        }
        await delay(grantMs)
        newTokens(response, rotate)
      }
      const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'refresh-0' })
      const other = fetch(lab.url, { method: 'POST', body })
      await expect.poll(() => lab.shown).toHaveLength(1)
      const outcome = outcomeOf(lab.start())
      const { access_token: accessToken, refresh_token: refreshToken } = (await (
        await other
      ).json()) as Record<string, string>
      writeFileSync(lab.path, JSON.stringify({ ...theirs, accessToken, refreshToken }))
      expect(await outcome).toBe(accessToken)
      expect(lab.shown).toEqual(['refresh-0', 'refresh-0'])
      expect((await lab.store.read())?.refreshToken).toBe(lab.current())
    },
  )

  it('login-meanwhile: the user logs in while the server is asked, is the new one', async () => {
    const lab = await createLogin()
    lab.answer = (response, rotate) => {
      writeFileSync(lab.path, JSON.stringify(theirs))
      newTokens(response, rotate)
    }
    expect(await outcomeOf(lab.start())).toBe('access-theirs')
    expect(await lab.store.read()).toEqual(theirs)
  })

  it('logout-meanwhile: the user logs out while the server is asked, is over', async () => {
    const lab = await createLogin()
    lab.answer = (response, rotate) => {
      rmSync(lab.path)
      newTokens(response, rotate)
    }
    expect(await outcomeOf(lab.start())).toBe('build ERR_AUTH_CREDENTIAL')
    expect(await lab.store.read()).toBeUndefined()
  })

  it('caller-gone: the caller gives up while the server is asked, is stored', async () => {
    const lab = await createLogin()
    const caller = new AbortController()
    lab.answer = (response, rotate) => {
      caller.abort(new Error('gave up'))
      newTokens(response, rotate)
    }
    await outcomeOf(lab.start(), { signal: caller.signal })
    expect(await lab.store.read()).toMatchObject({ refreshToken: 'refresh-1' })
  })

  it('first-login: a request comes before it, is used by the next request', async () => {
    const lab = await createLogin()
    rmSync(lab.path)
    const source = lab.start()
    expect(await outcomeOf(source)).toBe('build ERR_AUTH_CREDENTIAL')
    await lab.store.update(() => theirs)
    expect(await outcomeOf(source)).toBe('access-theirs')
  })
})
