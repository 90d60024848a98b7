import { expect, test } from 'vitest'
import { parsePlatform } from '../../src/toml/parse-platform.js'

const fail = (path: readonly string[], problem: string): never => {
  throw new Error(`${path.join('/')}: ${problem}`)
}
const parse = (value: unknown) => parsePlatform(value, 'k', fail)

test.each<[value: unknown, reference: unknown]>([
  ['a', undefined],
  [null, undefined],
  [['github_actions'], undefined],
  [{}, undefined],
  [{ env: 'A' }, undefined],
  [{ gitlab: { audience: 'a' } }, undefined],
  [{ toString: {} }, undefined],
  [{ github_actions: { audience: 'a' } }, { githubActions: { audience: 'a' } }],
  [{ gcp_metadata: {} }, { gcpMetadata: {} }],
  [
    { gcp_metadata: { service_account: 'a', audience: 'b' } },
    { gcpMetadata: { serviceAccount: 'a', audience: 'b' } },
  ],
  [{ azure_imds: { resource: 'a' } }, { azureImds: { resource: 'a' } }],
  [{ azure_imds: { resource: 'a', client_id: 'b' } }, { azureImds: { resource: 'a', clientId: 'b' } }],
])('parsePlatform() makes of %j the reference %j', (value, reference) => {
  expect(parse(value)).toStrictEqual(reference)
})

test.each<[value: unknown, problem: string]>([
  [{ github_actions: { audience: 'a' }, env: 'A' }, 'k/env: "env" is not a key of k beside github_actions'],
  [{ env: 'A', azure_imds: { resource: 'a' } }, 'k/env: "env" is not a key of k beside azure_imds'],
  [{ github_actions: 'a' }, 'k/github_actions: k.github_actions must be a table: { audience = "…" }'],
  [{ azure_imds: ['a'] }, 'k/azure_imds: k.azure_imds must be a table: { resource = "…" }'],
  [{ github_actions: {} }, 'k/github_actions: k.github_actions needs audience'],
  [{ azure_imds: { client_id: 'a' } }, 'k/azure_imds: k.azure_imds needs resource'],
  [
    { gcp_metadata: { resource: 'a' } },
    'k/gcp_metadata/resource: "resource" is not a key of k.gcp_metadata; it has audience, service_account',
  ],
  ...[' ', 7, null].map((audience): [unknown, string] => [
    { github_actions: { audience } },
    'k/github_actions/audience: k.github_actions.audience must be a string with more than whitespace',
  ]),
])('parsePlatform() rejects %j', (value, problem) => {
  expect(() => parse(value)).toThrow(new Error(problem))
})
