import { describe, expect, it } from 'vitest'
import { type AgentIdCharacters, checkAgentId } from '../../src/lib/agent-id.js'

describe('checkAgentId()', () => {
  it.each<[AgentIdCharacters, string]>([
    ['unreserved', 'agent-1._~'],
    ['unreserved', 'a'.repeat(256)],
    ['unreserved', '...'],
    ['printable', 'é/+=@😀'],
    ['printable', 'a'.repeat(256)],
    ['dangerously-any', ''],
    ['dangerously-any', '..'],
    ['dangerously-any', 'a:b\n"'],
    ['dangerously-any', 'a'.repeat(1024)],
  ])('with %j accepts %j', (characters, id) => {
    expect(checkAgentId('taskId', id, characters)).toBe(id)
  })

  it.each<[AgentIdCharacters | undefined, unknown]>([
    [undefined, 'é'],
    ['unreserved', ''],
    ['unreserved', '.'],
    ['unreserved', '..'],
    ['unreserved', 'a:b'],
    ['unreserved', 'a'.repeat(257)],
    ['unreserved', 7],
    ['unreserved', undefined],
    ['printable', '..'],
    ['printable', 'a:b'],
    ['printable', 'a b'],
    ['printable', 'a\\b'],
    ['printable', 'a\u200bb'],
    ['printable', 'a'.repeat(257)],
    ['dangerously-any', '\ud800'],
    ['dangerously-any', 'a'.repeat(1025)],
  ])('with %j rejects %j, without quoting it', (characters, id) => {
    const message = 'Cannot sign as an agent: taskId has other characters than idCharacters allows'
    const expected = { kind: 'build', code: 'ERR_AUTH_AGENT_ID', message }
    expect(() => checkAgentId('taskId', id, characters)).toThrow(expect.objectContaining(expected))
  })

  it.each(['any', 'constructor', ''])('rejects %j as idCharacters', (characters) => {
    const check = () => checkAgentId('taskId', 'a', characters as AgentIdCharacters)
    expect(check).toThrow(TypeError)
    expect(check).toThrow(
      'Cannot sign as an agent: idCharacters must be unreserved or printable or dangerously-any',
    )
  })
})
