import { expect, test } from 'vitest'
import { summaryLines } from '../../src/trust/config-summary.js'

const summary = {
  name: 'x',
  place: 'outbound-auth.toml:1',
  kind: 'bearer',
  servers: [],
  stores: [],
  commands: [],
  files: [],
  variables: [],
}

test('summaryLines() says where a credential goes, what is run, and what is read', () => {
  const lines = summaryLines({
    ...summary,
    origins: ['https://a.example', 'https://b.example'],
    servers: ['https://i.example'],
    stores: ['redis at db.example:6379 under "oa:a"'],
    commands: [['op', 'read', 'a b']],
    files: ['/t'],
    variables: ['KEY'],
  })
  expect(lines[0]).toContain('"x" (outbound-auth.toml:1): bearer')
  expect(lines[0]).toContain('https://a.example, https://b.example')
  expect(lines.join('\n')).toMatch(
    /gets tokens from https:\/\/i\.example.*\n.*keeps the login of the user in redis at db\.example:6379 under "oa:a"[\s\S]*runs "op" "read" "a b"[\s\S]*reads the file \/t[\s\S]*reads the variable KEY/,
  )
})

test('summaryLines() says that an address comes from the environment', () => {
  const [line] = summaryLines({ ...summary, origins: [] })
  expect(line).toContain('an address from the environment')
})
