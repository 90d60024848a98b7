import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AuthError, createMemoryStore } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import type { AuthDocument, AwsSupport } from '../../src/index.js'
import { createCodexLab, problemOf, requestOf } from '../codex-lab.js'

interface SeenKeys {
  readonly accessKeyId: string
  readonly sessionToken?: string
}

/** A signer that shows what it would sign with. */
function createAws(region?: string) {
  const seen: { profile?: string | undefined; forced: boolean[] } = { forced: [] }
  let isBroken = false
  const aws: AwsSupport = {
    awsCredentials: ({ profile }) => {
      seen.profile = profile
      return async ({ forceRefresh }) => {
        seen.forced.push(forceRefresh)
        if (isBroken && !forceRefresh) throw AuthError.build('none', { code: 'ERR_AUTH_SIGV4_CREDENTIALS' })
        return { accessKeyId: 'CHAIN', secretAccessKey: 's' }
      }
    },
    awsRegion: async () => region,
    sigV4Auth: (options: {
      readonly region: string
      readonly service: string
      readonly credentials: SeenKeys | ((options: object) => Promise<SeenKeys>)
    }) => ({
      kind: 'sigv4',
      headerNames: ['authorization'],
      addAuthHeaders() {},
      async applyAuth(request) {
        const { credentials, service } = options
        const signal = new AbortController().signal
        const keys =
          typeof credentials === 'function' ? await credentials({ signal, forceRefresh: false }) : credentials
        const text = [keys.accessKeyId, keys.sessionToken, options.region, service].filter(Boolean).join(' ')
        request.headers.set('authorization', text)
        return request
      },
    }),
  }
  return { aws, seen, breakChain: () => (isBroken = true) }
}

const use = (tables: string, id = 'amazon-bedrock') => ({
  'config.toml': `model_provider = "${id}"\n${tables.replaceAll('ID', `model_providers.${id}`)}`,
})
const env = { AWS_REGION: 'eu-west-1' }

async function sentWith(
  tables: string,
  options: Parameters<typeof createCodexLab>[1] = {},
  login?: AuthDocument,
  id?: string,
) {
  const store = createMemoryStore(login)
  const { codex } = createCodexLab(use(tables, id), { env, store, aws: createAws().aws, ...options })
  const { url, headers } = await requestOf(await codex.resolve())
  return [url, headers['authorization']]
}

const mantle = 'https://bedrock-mantle.eu-west-1.api.aws/openai/v1/responses'

describe('createCodexResolver(), for Amazon Bedrock, sends', () => {
  it('the output of its command, without AWS where there is a base URL', async () => {
    const auth = '[ID.auth]\ncommand = "echo"\nargs = ["t"]'
    expect(await sentWith(auth)).toEqual([mantle, 'Bearer t'])
    const proxy = `[ID]\nbase_url = "https://proxy.example.com/v1"\n${auth}`
    expect(await sentWith(proxy, { env: {}, aws: undefined })).toEqual([
      'https://proxy.example.com/v1/responses',
      'Bearer t',
    ])
  })

  it('the configuration before a stored login, then the environment, then this machine', async () => {
    const both = { env: { ...env, AWS_BEARER_TOKEN_BEDROCK: ' env-key\n' } }
    const key: AuthDocument = { bedrock_api_key: { api_key: 'stored-key', region: 'us-east-1' } }
    const keys: AuthDocument = {
      bedrock_access_keys: { access_key_id: 'AKID', secret_access_key: 's', session_token: 'st' },
    }
    expect(await sentWith('[ID.aws]\nprofile = "lab"', both, key)).toEqual([
      mantle,
      'CHAIN eu-west-1 bedrock-mantle',
    ])
    expect(await sentWith('', both, key)).toEqual([
      'https://bedrock-mantle.us-east-1.api.aws/openai/v1/responses',
      'Bearer stored-key',
    ])
    expect(await sentWith('', both, keys)).toEqual([mantle, 'AKID st eu-west-1 bedrock-mantle'])
    expect(await sentWith('', both, { OPENAI_API_KEY: 'sk-openai' })).toEqual([mantle, 'Bearer env-key'])
    expect(await sentWith('')).toEqual([mantle, 'CHAIN eu-west-1 bedrock-mantle'])
  })

  it('from the runtime endpoint, with the region of the profile', async () => {
    const { aws, seen } = createAws('ap-south-1')
    expect(await sentWith('', { env: {}, aws }, undefined, 'amazon-bedrock-runtime')).toEqual([
      'https://bedrock-runtime.ap-south-1.amazonaws.com/openai/v1/responses',
      'CHAIN ap-south-1 bedrock',
    ])
    expect(seen.profile).toBe(undefined)
  })

  it('credentials that a command exports', async () => {
    const exporting = (json: string) =>
      sentWith(`[ID.aws.credential_export]\ncommand = "echo"\nargs = ['${json}']`)
    expect(
      await exporting(
        '{"AccessKeyId":"EXPORTED","SecretAccessKey":"s","SessionToken":"st","Expiration":"2100-01-01T00:00:00Z"}',
      ),
    ).toEqual([mantle, 'EXPORTED st eu-west-1 bedrock-mantle'])
    for (const json of [
      'text',
      '{"AccessKeyId":"A"}',
      '{"AccessKeyId":"A","SecretAccessKey":"s","SessionToken":3}',
      '{"AccessKeyId":"A","SecretAccessKey":"s","Expiration":"soon"}',
    ]) {
      expect(await problemOf(exporting(json))).toMatch(/^ERR_AUTH_(COMMAND_OUTPUT|PROVIDER) build/)
    }
  })

  it('credentials of a new login when the old ones cannot be loaded', async () => {
    const { aws, seen, breakChain } = createAws()
    const files = {
      ...use('[ID.aws.auth_refresh]\ncommand = "aws"\nargs = ["sso", "login"]'),
      'bin/aws': '#!/bin/sh\necho "$*" > "$(dirname "$0")/ran"\n',
    }
    const options = { aws, store: createMemoryStore<AuthDocument>() }
    const { codex, home } = createCodexLab(files, options)
    chmodSync(join(home, 'bin/aws'), 0o755)
    const before = process.env['PATH']
    process.env['PATH'] = `${home}/bin:${before}`
    try {
      const lab = createCodexLab(files, { ...options, home, env: { ...env, PATH: `${home}/bin:${before}` } })
      expect((await requestOf(await lab.codex.resolve())).headers['authorization']).toContain('CHAIN')
      expect(seen.forced).toEqual([false])
      breakChain()
      await requestOf(await lab.codex.resolve())
      expect(seen.forced).toEqual([false, false, true])
    } finally {
      process.env['PATH'] = before
    }
    expect(codex).toBeDefined()
  })
})

describe('createCodexResolver(), for Amazon Bedrock, shares one provider', () => {
  it.each([
    ['credential_export', `args = ['{"AccessKeyId":"EXPORTED","SecretAccessKey":"s"}']`],
    ['auth_refresh', ''],
  ])('among equal requests with aws.%s, and makes another when that changes', async (name, args) => {
    const command = name === 'auth_refresh' ? 'aws' : 'echo'
    const tables = (timeoutMs: number) =>
      use(
        `${name === 'auth_refresh' ? '[ID.aws]\nprofile = "lab"\n' : ''}[ID.aws.${name}]\ncommand = "${command}"\n${args}\ntimeout_ms = ${timeoutMs}`,
      )
    const { codex, home } = createCodexLab(tables(4000), { env, aws: createAws().aws })
    const [one, two] = await Promise.all([codex.resolve(), codex.resolve()])
    expect(one.provider).toBe(two.provider)
    expect((await codex.resolve()).provider).toBe(one.provider)
    writeFileSync(join(home, 'config.toml'), tables(5000)['config.toml'])
    expect((await codex.resolve()).provider).not.toBe(one.provider)
  })
})

describe('createCodexResolver(), for Amazon Bedrock, rejects', () => {
  it.each<[string, AuthDocument, RegExp]>([
    ['a mode without its key', { auth_mode: 'bedrockApiKey' }, /has no bedrock_api_key/],
    ['a mode without its keys', { auth_mode: 'bedrockAccessKeys' }, /has no bedrock_access_keys/],
  ])('%s', async (_, login, expected) => {
    expect(await problemOf(sentWith('', {}, login))).toMatch(expected)
  })

  it('a request without a region, and one to sign without a signer', async () => {
    expect(await problemOf(sentWith('', { env: {} }))).toMatch(/^ERR_AUTH_MISSING_REGION/)
    expect(await problemOf(sentWith('', { aws: undefined }))).toMatch(
      /^ERR_AUTH_UNKNOWN_KIND .*install @outbound-auth\/sigv4/,
    )
  })

  it('to look into a keyring, and goes on without it', async () => {
    expect(await sentWith('cli_auth_credentials_store = "keyring"\n')).toEqual([
      mantle,
      'CHAIN eu-west-1 bedrock-mantle',
    ])
  })
})
