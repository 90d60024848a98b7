import { AuthError, type SourceOptions, type TokenSource } from '@outbound-auth/core'
import { expect, it, vi } from 'vitest'
import { definitionPath } from '../../src/index.js'
import { openPlatformReference, openRoleReference } from '../../src/reference/open-workload-reference.js'
import { failure, problemOf, variablesOf } from '../open-lab.js'

type OpenRole = Parameters<typeof openRoleReference>
type OpenHost = OpenRole[2]
type ReferencePlace = OpenRole[1]

const place: ReferencePlace = { use: 'Cannot resolve x: part', path: ['part'] }
const call: SourceOptions = { signal: new AbortController().signal, forceRefresh: false }
const keys = { accessKeyId: 'a', secretAccessKey: 's' }
const env = { NAME: 'value' }
const variables = variablesOf({ ROLE: 'role-of-env' })
const host = (options: Partial<OpenHost>): OpenHost => ({ directory: '/', pipes: new Map(), env, ...options })

const isLocked = () => AuthError.transient('It is locked', { code: 'ERR_AUTH_VAULT' })

it.each([undefined, null, 'a', {}, { env: 'A' }, { githubActions: undefined }])(
  'openPlatformReference() leaves %j to others',
  (value) => {
    expect(openPlatformReference(value, place, host({}))).toBeUndefined()
  },
)

it.each<[name: string, label: string]>([
  ['githubActions', 'GitHub Actions'],
  ['gcpMetadata', 'the metadata service of Google Cloud'],
  ['azureImds', 'the metadata service of Azure'],
])('openPlatformReference() opens %s as %s, whose errors have the place', async (name, label) => {
  const subjectToken = vi.fn<NonNullable<OpenHost['subjectToken']>>(() => async () => 'subject')
  const reference = { [name]: { audience: 'a' } }
  const opened = openPlatformReference(reference, place, host({ subjectToken }))
  expect(opened?.label).toBe(label)
  expect(subjectToken.mock.calls).toEqual([[reference, { env }]])
  expect(await opened?.source(call)).toBe('subject')
  subjectToken.mockReturnValue(() => Promise.reject(isLocked()))
  const failing = openPlatformReference(reference, place, host({ subjectToken }))
  const error = await failure(failing?.source(call))
  expect(error).toMatchObject({ code: 'ERR_AUTH_VAULT' })
  expect(definitionPath(error)).toEqual(['part'])
})

it.each<[value: object, problem: string, path: readonly string[]]>([
  [{ githubActions: 'a' }, ': githubActions must be an object', ['part', 'githubActions']],
  [{ azureImds: ['a'] }, ': azureImds must be an object', ['part', 'azureImds']],
  [{ gcpMetadata: {}, env: 'A' }, ': unknown option "env"; it has gcpMetadata', ['part', 'env']],
  [
    { gcpMetadata: {} },
    ': pass createResolver(factories, { subjectToken }) with platformSubjectToken of @outbound-auth/workload-identity/node',
    ['part'],
  ],
])('openPlatformReference() rejects %j', (value, problem, path) => {
  const error = problemOf(() => openPlatformReference(value, place, host({})))
  expect(error).toMatchObject({ message: `${place.use}${problem}` })
  expect(definitionPath(error)).toEqual(path)
})

it('openPlatformReference() names the option that the platform rejects, else the platform', () => {
  const rejecting = (option: string | undefined) => {
    const subjectToken = () => {
      throw AuthError.build('wrong', { code: 'ERR_AUTH_CREDENTIAL', option })
    }
    return problemOf(() => openPlatformReference({ gcpMetadata: {} }, place, host({ subjectToken })))
  }
  expect(definitionPath(rejecting('audience'))).toEqual(['part', 'gcpMetadata', 'audience'])
  expect(definitionPath(rejecting(undefined))).toEqual(['part', 'gcpMetadata'])
})

const role = { roleArn: 'arn', subjectToken: 'subject' }

interface Given {
  readonly options?: Partial<OpenHost>
  readonly region?: unknown
  readonly openSubject?: OpenRole[5]
}

function openRole(
  value: unknown,
  { options = {}, region = 'eu-west-1', openSubject = () => undefined }: Given = {},
) {
  return openRoleReference(value, place, host(options), variables, region, openSubject)
}

/** A host that keeps what it was asked for. */
function assuming(source: () => Promise<typeof keys> = async () => keys) {
  const webIdentityCredentials = vi.fn<NonNullable<OpenHost['webIdentityCredentials']>>(() => source)
  return { webIdentityCredentials, asked: () => webIdentityCredentials.mock.calls[0]?.[0] }
}

it.each([undefined, null, 'aws', {}, { accessKeyId: 'a' }])(
  'openRoleReference() leaves %j to others',
  (value) => {
    expect(openRole(value)).toBeUndefined()
  },
)

it.each([{ roleArn: 'arn' }, { subjectToken: 'subject' }])(
  'openRoleReference() takes %j for a role, whose missing half is for the host to reject',
  (value) => {
    const { webIdentityCredentials, asked } = assuming()
    expect(openRole(value, { options: { webIdentityCredentials } })).toBeDefined()
    expect(asked()).toEqual({ region: 'eu-west-1', ...value })
  },
)

it('openRoleReference() assumes the role of a literal with all options of the reference', async () => {
  const { webIdentityCredentials, asked } = assuming()
  const more = {
    region: 'us-east-2',
    sessionName: 'job',
    lifetimeMs: 900_000,
    tokenEndpoint: 'https://sts.example',
    timeoutMs: 5,
  }
  const opened = openRole({ ...role, ...more }, { options: { webIdentityCredentials } })
  expect(opened?.label).toBe('AWS role arn with the token of the definition')
  expect(asked()).toEqual({ ...role, ...more })
  expect(await opened?.source(call)).toBe(keys)
})

it('openRoleReference() reads the role from a variable, and asks in the region of the definition', () => {
  const { webIdentityCredentials, asked } = assuming()
  const opened = openRole({ ...role, roleArn: { env: 'ROLE' } }, { options: { webIdentityCredentials } })
  expect(opened?.label).toBe('AWS role role-of-env with the token of the definition')
  expect(asked()).toEqual({ region: 'eu-west-1', roleArn: 'role-of-env', subjectToken: 'subject' })
})

it('openRoleReference() keeps the properties of the sources, and passes waitUntil to that of the subject', async () => {
  const source = Object.assign(async () => keys, { refreshIntervalMs: 7 })
  const { webIdentityCredentials, asked } = assuming(source)
  const waitUntil = () => {}
  const subject = Object.assign(async () => 'subject-1', { refreshIntervalMs: 5 })
  const seen: unknown[] = []
  const openSubject = (...given: unknown[]) => {
    seen.push(...given)
    return { label: 'a file', source: subject }
  }
  const reference = { ...role, subjectToken: { file: '/a' } }
  const opened = openRole(reference, { options: { webIdentityCredentials, waitUntil }, openSubject })
  expect(seen).toEqual([
    { file: '/a' },
    { use: 'Cannot resolve x: part.subjectToken', path: ['part', 'subjectToken'] },
  ])
  expect(opened?.label).toBe('AWS role arn with the token of a file')
  expect({ ...opened?.source }).toEqual({ refreshIntervalMs: 7 })
  const token = asked()?.subjectToken as TokenSource
  expect({ ...token }).toEqual({ refreshIntervalMs: 5, waitUntil })
  expect(await token(call)).toBe('subject-1')
})

it('openRoleReference() passes waitUntil to a subject token that is a function', async () => {
  const { webIdentityCredentials, asked } = assuming()
  const waitUntil = () => {}
  openRole(
    { ...role, subjectToken: async () => 'subject-2' },
    { options: { webIdentityCredentials, waitUntil } },
  )
  const token = asked()?.subjectToken as TokenSource
  expect({ ...token }).toEqual({ waitUntil })
  expect(await token(call)).toBe('subject-2')
})

it('openRoleReference() gives an error of AWS its place, and leaves that of the subject token as it is', async () => {
  const other = assuming(() => Promise.reject(isLocked()))
  const opened = openRole(role, { options: { webIdentityCredentials: other.webIdentityCredentials } })
  const rejected = await failure(opened?.source(call))
  expect(rejected).toMatchObject({ code: 'ERR_AUTH_VAULT' })
  expect(definitionPath(rejected)).toEqual(['part'])

  const unread = isLocked()
  const openSubject = () => ({ label: 'a file', source: () => Promise.reject(unread) })
  const webIdentityCredentials: OpenHost['webIdentityCredentials'] =
    ({ subjectToken }) =>
    async (options) => {
      await (subjectToken as TokenSource)(options)
      return keys
    }
  const exchanged = openRole(role, { openSubject, options: { webIdentityCredentials } })
  expect(await failure(exchanged?.source(call))).toBe(unread)
  expect(definitionPath(unread)).toBeUndefined()
})

it.each<[value: object, problem: string, path: readonly string[]]>([
  [{ ...role, profile: 'a' }, ': unknown option "profile"', ['part', 'profile']],
  [
    role,
    ': pass createResolver(factories, { webIdentityCredentials }) with webIdentityCredentials of @outbound-auth/workload-identity',
    ['part'],
  ],
])('openRoleReference() rejects %j', (value, problem, path) => {
  const error = problemOf(() => openRole(value))
  expect(error).toMatchObject({ message: expect.stringContaining(`${place.use}${problem}`) })
  expect(definitionPath(error)).toEqual(path)
})

it('openRoleReference() names the variable of the role, or the option, that is at fault', () => {
  const { webIdentityCredentials } = assuming()
  const options = { webIdentityCredentials }
  const missing = problemOf(() => openRole({ ...role, roleArn: { env: 'NONE' } }, { options }))
  expect(missing).toMatchObject({
    code: 'ERR_AUTH_MISSING_ENV',
    message: 'Cannot resolve x: part.roleArn: environment variable NONE is unset or blank; set it',
  })
  expect(definitionPath(missing)).toEqual(['part', 'roleArn'])
  const rejecting = (option: string | undefined) => {
    webIdentityCredentials.mockImplementation(() => {
      throw AuthError.build('wrong', { code: 'ERR_AUTH_CREDENTIAL', option })
    })
    return problemOf(() => openRole(role, { options }))
  }
  expect(definitionPath(rejecting('sessionName'))).toEqual(['part', 'sessionName'])
  expect(definitionPath(rejecting(undefined))).toEqual(['part'])
})
