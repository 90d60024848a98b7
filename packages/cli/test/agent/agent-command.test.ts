import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAgentKey } from '@outbound-auth/agent-identity'
import { expect, test } from 'vitest'
import { folder, loopback } from '../loopback.js'
import { runCli } from '../run-cli.js'

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const tokenOf = (account: string, user = 'user-1') =>
  `e30.${encode({
    'https://api.openai.com/auth': {
      chatgpt_account_id: account,
      chatgpt_user_id: user,
      chatgpt_plan_type: 'pro',
    },
    'https://api.openai.com/profile': { email: 'a@example.com' },
  })}.SECRET`
const token = tokenOf('account-1')

/** An authority that gives away ids, and refuses tasks as long as it is told so. */
async function authority() {
  const state = { refusesTasks: false, tasks: 0 }
  const { origin, seen } = await loopback(({ url }, response) => {
    const isTask = url.endsWith('/task/register')
    if (isTask && state.refusesTasks) response.writeHead(403)
    if (isTask && !state.refusesTasks) state.tasks += 1
    response.end(
      JSON.stringify(isTask ? { task_id: `task-${state.tasks}` } : { agent_runtime_id: 'agent-1' }),
    )
  })
  return { authority: `${origin}/api/accounts`, seen, state }
}

test('agent enroll keeps an agent and its task, and shows no secret', async () => {
  const { authority: url, seen } = await authority()
  const cwd = folder({ token: `${token}\n` })
  const words = ['--record', 'agent.json', '--authority', url]
  const enroll = ['agent', 'enroll', ...words, '--token-file', 'token']
  const { code, out, err } = await runCli([...enroll, '--json'], { cwd })
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(JSON.parse(out)).toEqual({
    agentRuntimeId: 'agent-1',
    accountId: 'account-1',
    userId: 'user-1',
    email: 'a@example.com',
    planType: 'pro',
    fedramp: false,
    taskId: 'task-1',
  })
  const path = join(cwd, 'agent.json')
  const record = JSON.parse(readFileSync(path, 'utf8'))
  const key = await parseAgentKey(record.agent_private_key)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(seen.map((call) => call.url)).toEqual([
    '/api/accounts/v1/agent/register',
    '/api/accounts/v1/agent/agent-1/task/register',
  ])
  expect(seen[0]?.headers.authorization).toBe(`Bearer ${token}`)
  expect(seen[1]?.headers.authorization).toBeUndefined()
  expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({ agent_public_key: key.sshPublicKey })

  const again = await runCli(enroll, { cwd })
  const status = await runCli(['agent', 'status', '--record', 'agent.json'], { cwd })
  expect(seen).toHaveLength(2)
  expect(status).toEqual(again)
  expect(status.out).toBe(
    'Agent    agent-1\nAccount  account-1\nUser     user-1 (a@example.com)\nPlan     pro\nTask     task-1\n',
  )
  const next = await runCli(['agent', 'register-task', ...words], { cwd })
  expect(next.out).toBe(status.out.replace('task-1', 'task-2'))
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ ...record, task_id: 'task-2' })
  for (const text of [out, again.out, status.out, next.out]) {
    expect(text).not.toContain('SECRET')
    expect(text).not.toContain(record.agent_private_key)
  }
})

test('agent enroll keeps the agent when its task is rejected, and completes it later', async () => {
  const { authority: url, seen, state } = await authority()
  const cwd = folder()
  state.refusesTasks = true
  const words = ['agent', 'enroll', '--record', 'a.json', '--authority', url]
  const print = ['--token-command', process.execPath, '--', '-p', 'process.env.T']
  const env = { ...process.env, T: token }
  const refused = await runCli([...words, ...print], { cwd, env })
  expect(refused).toMatchObject({ code: 3, out: '' })
  expect(refused.err).toContain('ERR_AUTH_REGISTRATION_REFUSED')
  const status = await runCli(['agent', 'status', '--record', 'a.json'], { cwd })
  expect(status.out).toContain('Task     none')
  state.refusesTasks = false
  expect((await runCli([...words, '--token-env', 'T'], { cwd, env })).out).toContain('Task     task-1')
  expect(seen.filter((call) => call.url.endsWith('/agent/register'))).toHaveLength(1)
  const before = readFileSync(join(cwd, 'a.json'), 'utf8')
  for (const other of [tokenOf('account-2'), tokenOf('account-1', 'user-2')]) {
    const result = await runCli([...words, '--token-env', 'T'], { cwd, env: { T: other } })
    expect(result).toMatchObject({ code: 3, out: '' })
    expect(result.err).toContain('ERR_AUTH_AGENT_RECORD')
  }
  expect(readFileSync(join(cwd, 'a.json'), 'utf8')).toBe(before)
})

test('agent enroll keeps one of two accounts that enrol into one file at once', async () => {
  const { authority: url, seen } = await authority()
  const cwd = folder()
  const words = ['agent', 'enroll', '--record', 'a.json', '--authority', url, '--token-env', 'T']
  const enrol = (account: string) => runCli(words, { cwd, env: { T: tokenOf(account) } })
  const results = await Promise.all(['account-1', 'account-2'].map(enrol))
  expect(results.map(({ code }) => code).sort()).toEqual([0, 3])
  expect(results.map(({ err }) => err).join('')).toContain('ERR_AUTH_AGENT_RECORD')
  expect(seen.filter((call) => call.url.endsWith('/agent/register'))).toHaveLength(1)
})

const one = ['agent', 'enroll', '--record', 'a.json', '--token-env', 'T']
const mistakes: readonly [words: readonly string[], code: number, problem: string][] = [
  [['agent'], 2, 'There are agent enroll, agent status, agent register-task'],
  [['agent', 'enroll'], 2, '--record FILE is missing'],
  [one.slice(0, 4), 2, 'Exactly one of --token-env'],
  [[...one, '--token-file', 'x'], 2, 'Exactly one of --token-env'],
  [[...one, 'SECRET'], 2, 'agent enroll takes no arguments'],
  [[...one, '--authority', 'https://a.example/?SECRET'], 2, '--authority takes no query'],
  [[...one, '--authority', 'http://a.example'], 3, 'ERR_AUTH_INSECURE_TRANSPORT'],
  [one, 3, 'the access token names no ChatGPT account'],
  [[...one.slice(0, 5), 'MISSING'], 3, '--token-env: Cannot resolve bearer: token: environment variable'],
  [[...one.slice(0, 4), '--token-file', 'none'], 3, '--token-file: Cannot resolve bearer: token: file'],
  [['agent', 'status', '--record', 'none.json'], 3, 'ERR_AUTH_AGENT_RECORD'],
  [['agent', 'register-task', '--record', 'none.json'], 3, 'ERR_AUTH_AGENT_RECORD'],
  [['agent', 'status', '--record', 'bad.json'], 3, 'ERR_AUTH_STORE_CORRUPT'],
  [['agent', 'status', '--record', 'a.json', 'SECRET'], 2, 'agent status takes no arguments'],
  [['agent', 'register-task', '--record', 'a.json', 'SECRET'], 2, 'takes no arguments'],
]

test.each(mistakes)('agent says what is wrong with %j', async (words, code, problem) => {
  const cwd = folder()
  writeFileSync(join(cwd, 'bad.json'), '{"agent_private_key":"SECRET"}', { mode: 0o600 })
  const result = await runCli(words, { cwd, env: { T: 'SECRET' } })
  expect(result).toMatchObject({ code, out: '' })
  expect(result.err).toContain(problem)
  expect(result.err).not.toContain('SECRET')
})
