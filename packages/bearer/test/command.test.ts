import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { commandToken } from '../src/command.js'
import { bearerAuth } from '../src/index.js'

const jwt = (exp: number) => `e30.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.c2ln`
const request = () => ({ method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() })

describe('bearerAuth({ token: commandToken() })', () => {
  it('runs the command once for 200 concurrent requests, and again after a refusal', async () => {
    const command = [process.execPath, '-p', "'token-' + process.pid"]
    const auth = bearerAuth({ token: commandToken({ command }) })
    const applied = await Promise.all(Array.from({ length: 200 }, () => applyAuth(auth, request())))
    const [first = request()] = applied
    const tokens = new Set(applied.map(({ headers }) => headers.get('authorization')))
    expect([...tokens]).toEqual([expect.stringMatching(/^Bearer token-\d+$/)])
    const rejection = {
      request: first,
      status: 401,
      headers: createHeaderMap(),
      readBody: async () => '',
      attempt: 0,
    }
    expect(await auth.recover?.(rejection)).toBe(true)
    expect(tokens).not.toContain((await applyAuth(auth, request())).headers.get('authorization'))
  })

  it('uses a JWT until its exp, and renews it in the background after refreshIntervalMs', async () => {
    const startMs = Date.now()
    let nowMs = startMs
    const command = [process.execPath, '-p', `'${jwt(Math.floor(startMs / 1000) + 7200)}'`]
    const reasons: string[] = []
    const auth = bearerAuth({
      token: commandToken({ command, refreshIntervalMs: 60_000 }),
      now: () => new Date(nowMs),
      observer: (event) => {
        if (event.type === 'refresh-ended') reasons.push(event.reason)
      },
    })
    await applyAuth(auth, request())
    nowMs += 59_000
    await applyAuth(auth, request())
    expect(reasons).toEqual(['cold'])
    nowMs += 1000
    await applyAuth(auth, request())
    await expect.poll(() => reasons).toEqual(['cold', 'expiring'])
  })

  it('waits as long as the command may run, also beyond the 30 s of other sources', async () => {
    const source = commandToken({ command: ['x'], timeoutMs: 60_000 })
    expect(source.timeoutMs).toBeGreaterThan(60_000)
  })

  it('fails the request when the command fails', async () => {
    const auth = bearerAuth({ token: commandToken({ command: [process.execPath, '-e', 'process.exit(2)'] }) })
    await expect(applyAuth(auth, request())).rejects.toMatchObject({
      kind: 'transient',
      code: 'ERR_AUTH_COMMAND_FAILED',
      message: 'The credential command node exited with status 2',
    })
  })
})
