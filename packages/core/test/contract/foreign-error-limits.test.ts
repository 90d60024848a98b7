import { describe, expect, it } from 'vitest'
import { AuthError } from '../../src/index.js'

/** What an AuthError keeps of a foreign error. */
function keptOf(cause: unknown): Record<string, unknown> {
  const error = AuthError.build('Something failed', { code: 'ERR_AUTH_SOURCE', cause })
  return error.cause as unknown as Record<string, unknown>
}

const failed = (properties: object) => Object.assign(new Error('planted'), properties)

describe('an AuthError keeps of a foreign error', () => {
  it('a code of up to 48 characters', () => {
    const code = 'E'.repeat(48)
    expect(keptOf(failed({ code }))).toMatchObject({ code })
    expect(keptOf(failed({ code: `${code}E` }))).not.toHaveProperty('code')
  })

  it('a system call of up to 24 characters', () => {
    const syscall = 'c'.repeat(24)
    expect(keptOf(failed({ syscall }))).toMatchObject({ syscall })
    expect(keptOf(failed({ syscall: `${syscall}c` }))).not.toHaveProperty('syscall')
  })

  it('ten lines of the stack, none longer than 300 characters', () => {
    const line = (length: number) =>
      `    at ${'f'.repeat(length - '    at  (file:///a.js:1:2)'.length)} (file:///a.js:1:2)`
    const stackOf = (lines: string[]) =>
      keptOf(failed({ stack: ['Error: planted', ...lines].join('\n') }))['stack']
    expect(stackOf(Array(10).fill(line(50)))).toHaveLength(10)
    expect(stackOf(Array(11).fill(line(50)))).toHaveLength(10)
    expect(stackOf([line(300)])).toEqual([line(300).trim()])
    expect(stackOf([line(301)])).toBeUndefined()
  })

  it('five causes', () => {
    let cause: Error | undefined
    for (let depth = 7; depth >= 0; depth--) cause = failed({ code: depth, cause })
    const codes: unknown[] = []
    for (
      let kept: Record<string, unknown> | undefined = keptOf(cause);
      kept;
      kept = kept['cause'] as typeof kept
    )
      codes.push(kept['code'])
    expect(codes).toEqual([0, 1, 2, 3, 4, 5])
  })
})
