import { expect, test } from 'vitest'
import { credentialVariable, knownPresets, variableOf } from '../../src/config/known-presets.js'
import { presets } from '../../src/presets.js'

test('knownPresets() has the name, origin and variable of each preset, and the endpoints of Bedrock', () => {
  const known = knownPresets()
  const of = (wanted: string) => known.find(({ name }) => name === wanted)
  expect(of('openai')).toStrictEqual({
    name: 'openai',
    definition: presets.openai,
    origin: 'https://api.openai.com',
    variable: 'OPENAI_API_KEY',
  })
  expect(of('azure-openai')).toStrictEqual({
    name: 'azure-openai',
    definition: presets.azureOpenai,
    origin: undefined,
    variable: 'AZURE_OPENAI_API_KEY',
  })
  expect(of('ollama')).toMatchObject({ origin: 'http://localhost:11434', variable: undefined })
  expect(of('kubernetes-openai')).toMatchObject({ origin: 'https://api.openai.com', variable: undefined })
  expect(known.slice(-2)).toStrictEqual([
    {
      name: 'bedrock',
      definition: { kind: 'bedrock', endpoint: 'mantle' },
      origin: undefined,
      variable: undefined,
    },
    {
      name: 'bedrock-runtime',
      definition: { kind: 'bedrock', endpoint: 'runtime' },
      origin: undefined,
      variable: undefined,
    },
  ])
  expect(known).toHaveLength(Object.keys(presets).length + 2)
})

test.each<[definition: Record<string, unknown>, variable: string | undefined]>([
  [{ kind: 'bearer', token: { env: 'A' } }, 'A'],
  [{ kind: 'bearer', token: { file: 'a' } }, undefined],
  [{ kind: 'bearer', token: 'a' }, undefined],
  [{ kind: 'bearer' }, undefined],
  [{ kind: 'api-key', key: { env: 'A' }, token: { env: 'B' } }, 'A'],
  [{ kind: 'bedrock', token: { env: 'A' } }, undefined],
  [{ kind: 'other', token: { env: 'A' } }, undefined],
  [{ token: { env: 'A' } }, undefined],
])('credentialVariable() of %j is %s', (definition, variable) => {
  expect(credentialVariable(definition)).toBe(variable)
})

test('variableOf() takes nothing but a reference to a variable', () => {
  const values = [{ env: 'A' }, { env: 7 }, {}, 'env', null, undefined]
  expect(values.map(variableOf)).toEqual(['A', ...Array(5)])
})
