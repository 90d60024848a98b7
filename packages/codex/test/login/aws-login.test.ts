import { chmodSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { AwsSupport } from '../../src/index.js'
import { answeredWith, createCodexLab, type LabAnswer, problemOf, requestOf } from '../codex-lab.js'

type Asked = Parameters<AwsSupport['awsCredentials']>[0]

/** A signer that shows its credentials, and recovers from refusals that name a credential. */
function createAws() {
  const asked: Asked[] = []
  const forced: boolean[] = []
  const aws: AwsSupport = {
    awsCredentials(options) {
      asked.push(options)
      return async ({ forceRefresh }) => {
        forced.push(forceRefresh)
        return { accessKeyId: `CHAIN${forced.length}`, secretAccessKey: 's' }
      }
    },
    awsRegion: async () => undefined,
    sigV4Auth: (options: {
      readonly credentials: (options: object) => Promise<{ accessKeyId: string; sessionToken?: string }>
    }) => {
      let isForced = false
      return {
        kind: 'sigv4',
        headerNames: ['authorization'],
        recoverStatuses: [400, 401, 403],
        addAuthHeaders() {},
        async applyAuth(request) {
          const { credentials } = options
          const keys =
            typeof credentials === 'function' ? await credentials({ forceRefresh: isForced }) : credentials
          isForced = false
          request.headers.set(
            'authorization',
            [keys.accessKeyId, keys.sessionToken].filter(Boolean).join(' '),
          )
          return request
        },
        async recover({ headers, attempt }) {
          isForced = attempt === 0 && headers.get('x-amzn-errortype') === 'ExpiredTokenException'
          return isForced
        },
      }
    },
  }
  return { aws, asked, forced }
}

const use = (tables: string) => ({
  'config.toml': `model_provider = "amazon-bedrock"\n[model_providers.amazon-bedrock.aws]\nregion = "us-east-1"\n${tables}`,
})
const signIn = '[model_providers.amazon-bedrock.aws.auth_refresh]\ncommand = "aws"\nargs = ["sso", "login"]\n'

/** The requests to a service with these responses, and the number of runs of the login program. */
async function refusedWith(
  answers: readonly LabAnswer[],
  tables = signIn,
  more: Record<string, string> = {},
) {
  const variables: Record<string, string> = { ...more }
  const { aws } = createAws()
  const files = { ...use(tables), 'bin/aws': '#!/bin/sh\necho "$*" >> "$(dirname "$0")/ran"\n' }
  const { codex, home } = createCodexLab(files, { aws, env: variables })
  variables['PATH'] = `${home}/bin:/usr/bin:/bin`
  chmodSync(join(home, 'bin/aws'), 0o755)
  const { status, sent } = await answeredWith(await codex.resolve(), answers)
  const log = join(home, 'bin/ran')
  return {
    status,
    sends: sent.length,
    ran: existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [],
  }
}

describe('createCodexResolver(), with aws.auth_refresh, logs in again after', () => {
  it.each<[string, LabAnswer]>([
    ['any 401', { status: 401 }],
    [
      'a 403 that the signer takes for an expired credential',
      { status: 403, headers: { 'x-amzn-errortype': 'ExpiredTokenException' } },
    ],
  ])('%s', async (_, answer) => {
    expect(await refusedWith([answer])).toEqual({ status: 200, sends: 2, ran: ['sso login'] })
  })

  it.each<[string, LabAnswer, string, Record<string, string>]>([
    ['another 403', { status: 403 }, signIn, {}],
    [
      'a 401 of keys of the environment',
      { status: 401 },
      signIn,
      { AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 's' },
    ],
    ['a 401 without auth_refresh', { status: 401 }, '', {}],
  ])('nothing else: not %s', async (_, answer, tables, variables) => {
    expect(await refusedWith([answer], tables, variables)).toEqual({
      status: answer.status,
      sends: 1,
      ran: [],
    })
  })

  it('any 401 of exported credentials, and has them exported anew', async () => {
    const keys = '{"AccessKeyId":"E","SecretAccessKey":"s"}'
    const table = '[model_providers.amazon-bedrock.aws.credential_export]'
    const exported = `${table}\ncommand = "echo"\nargs = ['${keys}']\n`
    expect(await refusedWith([{ status: 401 }], signIn + exported)).toEqual({
      status: 200,
      sends: 2,
      ran: ['sso login'],
    })
    expect(await refusedWith([{ status: 401 }], exported)).toEqual({ status: 200, sends: 2, ran: [] })
  })

  it('a refusal once, and gives up after the next', async () => {
    expect(await refusedWith([{ status: 401 }, { status: 401 }])).toEqual({
      status: 401,
      sends: 2,
      ran: ['sso login'],
    })
  })
})

describe('createCodexResolver(), for Amazon Bedrock, asks for AWS credentials', () => {
  it('with keys before AWS_PROFILE, as Codex does', async () => {
    for (const tables of ['', signIn]) {
      const { aws, asked } = createAws()
      const env = { AWS_PROFILE: 'work', AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 's' }
      await requestOf(await createCodexLab(use(tables), { aws, env }).codex.resolve())
      expect(asked).toEqual([{ profile: undefined, env, order: 'keys-first' }])
    }
  })

  it('in the host’s own environment, unless .env names something of AWS', async () => {
    const envWith = async (dotenv: string) => {
      const { aws, asked } = createAws()
      const files = { ...use(''), '.env': dotenv }
      await requestOf(await createCodexLab(files, { aws, env: process.env }).codex.resolve())
      return asked[0]?.env
    }
    expect(await envWith('TEAM=lab')).toBe(process.env)
    const changed = await envWith('AWS_PROFILE=of-dotenv')
    expect([changed === process.env, changed?.['AWS_PROFILE']]).toEqual([false, 'of-dotenv'])
  })
})

describe('createCodexResolver(), with aws.credential_export, takes', () => {
  const exporting = async (json: string) => {
    const table = `[model_providers.amazon-bedrock.aws.credential_export]\ncommand = "echo"\nargs = ['${json}']\n`
    const { codex } = createCodexLab(use(table), { aws: createAws().aws })
    return (await requestOf(await codex.resolve())).headers['authorization']
  }
  const keys = '"AccessKeyId":"EXPORTED","SecretAccessKey":"s"'

  it.each([
    ['what credential_process prints', `{"Version":1,${keys}}`, 'EXPORTED'],
    [
      'what aws sts assume-role prints',
      `{"Credentials":{${keys},"SessionToken":"st","Expiration":"2100-01-01T00:00:00+00:00"},"AssumedRoleUser":{}}`,
      'EXPORTED st',
    ],
    [
      'the inner ones of two',
      `{"AccessKeyId":"OUTER","SecretAccessKey":"s","Credentials":{${keys}}}`,
      'EXPORTED',
    ],
    [
      'the outer ones beside null',
      `{${keys},"Credentials":null,"SessionToken":null,"Expiration":null}`,
      'EXPORTED',
    ],
    ['an empty session token for none', `{${keys},"SessionToken":""}`, 'EXPORTED'],
  ])('%s', async (_, json, expected) => {
    expect(await exporting(json)).toBe(expected)
  })

  it.each([
    ['keys in other letters', '{"Credentials":{"accessKeyId":"a","secretAccessKey":"b"}}'],
    ['an empty key', '{"AccessKeyId":"","SecretAccessKey":"s"}'],
    ['a list', `[{${keys}}]`],
    ['an end that is a number', `{${keys},"Expiration":4102444800}`],
    ['an end without zone', `{${keys},"Expiration":"2100-01-01T00:00:00"}`],
    ['an empty end', `{${keys},"Expiration":""}`],
  ])('and rejects %s', async (_, json) => {
    expect(await problemOf(exporting(json))).toMatch(/^ERR_AUTH_(COMMAND_OUTPUT|PROVIDER) build/)
  })
})
