import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { configSchema, parseConfig } from '@outbound-auth/resolver/config'
import { expect, test } from 'vitest'

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')

test('each example of the README is a valid file', () => {
  const file = { name: 'c.toml', directory: '/etc/oa', home: '/home/oa', isFound: true }
  const examples = Array.from(readme.matchAll(/```toml\n([\s\S]*?)```/g), ([, example = '']) => example)
  const configs = examples.map((example) => parseConfig(example, file))
  expect(configs.map(({ providers }) => [...providers.keys()])).toContainEqual(['gateway', 'search', 'azure'])
  expect(configs.map(({ defaultProvider }) => defaultProvider)).toContain('gateway')
})

test('the table of the README has every key of the schema', () => {
  const schema = configSchema() as {
    properties: { providers: { additionalProperties: { properties: object } } }
  }
  const keys = Object.keys(schema.properties.providers.additionalProperties.properties)
  expect(keys.length).toBeGreaterThan(30)
  for (const key of keys) expect(readme).toMatch(new RegExp(`^\\| .*\`${key}\``, 'm'))
})
