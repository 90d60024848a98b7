import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { runCli } from '../run-cli.js'

async function script(shell: string): Promise<string> {
  const { code, out } = await runCli(['completion', shell])
  expect(code).toBe(0)
  return out
}

/** The words that bash offers for a command line whose last word is typed. */
async function offered(...words: readonly string[]): Promise<string[]> {
  const typed = words.map((word) => `'${word}'`).join(' ')
  const place = `COMP_WORDS=(outbound-auth ${typed}); COMP_CWORD=${words.length}`
  const ask = `${place}; _outbound_auth; printf '%s\\n' "\${COMPREPLY[@]}"`
  const text = execFileSync('bash', ['--norc', '-c', `${await script('bash')}\n${ask}`], { encoding: 'utf8' })
  return text.split('\n').filter(Boolean)
}

test('completion bash offers commands, their second words, options and values', async () => {
  expect(await offered('re')).toEqual(['request'])
  expect(await offered('')).toEqual(
    expect.arrayContaining(['request', 'token', 'agent', 'doctor', '--version']),
  )
  expect(await offered('agent', '')).toEqual(['enroll', 'status', 'register-task'])
  expect(await offered('request', '--max')).toEqual(['--max-time'])
  expect(await offered('agent', 'enroll', '--tok')).toEqual([
    '--token-env',
    '--token-file',
    '--token-command',
  ])
  expect(await offered('token', '--format', 'k')).toEqual(['kubectl'])
  expect(await offered('request', '--provider', 'ope')).toEqual(['openai', 'openrouter', 'openai-compatible'])
  expect(await offered('request', '--config', '')).toEqual([])
})

test('completion zsh has a word for each command, its second word, options and values', async () => {
  const lines = (await script('zsh')).split('\n').map((line) => line.trim())
  expect(lines).toContain('agent) compadd -- enroll status register-task; return ;;')
  expect(lines).toContain('completion) compadd -- bash zsh fish; return ;;')
  expect(lines.find((line) => line.startsWith('"request") compadd -- '))).toMatch(
    / --max-time .*; return ;;$/,
  )
  expect(lines.find((line) => line.startsWith('"agent enroll") compadd -- '))).toContain(' --token-env ')
  expect(lines.find((line) => line.startsWith('--format) compadd -- '))).toContain(' kubectl')
  expect(lines.find((line) => line.endsWith(') _files; return ;;'))).toMatch(/(^|\|)--config(\||\))/)
})

test('completion fish has a line for each command, its second word, options and values', async () => {
  const lines = (await script('fish')).trimEnd().split('\n')
  const rest = lines.filter((line) => !line.startsWith('complete -c outbound-auth '))
  expect(rest).toEqual([expect.stringContaining('# fish completion of outbound-auth')])
  const line = (start: string) =>
    lines.find((other) => other.startsWith(`complete -c outbound-auth ${start}`))
  expect(line('-f -n __fish_use_subcommand -a request -d ')).toBeDefined()
  expect(line('-f -n __fish_use_subcommand -a agent -d ')).toMatch(/'enroll, status, register-task'$/)
  expect(line("-f -n '__fish_seen_subcommand_from agent' -a enroll -d ")).toBeDefined()
  expect(line("-n '__fish_seen_subcommand_from request' -l max-time -s m -r -d ")).toBeDefined()
  expect(line("-n '__fish_seen_subcommand_from request' -l request -s X -x -a 'GET HEAD ")).toBeDefined()
  expect(line("-n '__fish_seen_subcommand_from token' -l format -x -a '")).toContain('kubectl')
  expect(line("-f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'")).toBeDefined()
})

function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test.skipIf(!has('zsh'))('completion zsh is a script that zsh reads', async () => {
  execFileSync('zsh', ['-n'], { input: await script('zsh') })
  const loaded = `autoload -U compinit; compinit -u -D; ${await script('zsh')}\nprint -r -- $_comps[outbound-auth]`
  expect(execFileSync('zsh', ['-f', '-c', loaded], { encoding: 'utf8' })).toBe('_outbound_auth\n')
})

test.skipIf(!has('fish'))('completion fish offers commands, options and values', async () => {
  const ask = (line: string, text: string) =>
    execFileSync('fish', ['--no-config', '-c', `${text}\ncomplete -C '${line}'`], { encoding: 'utf8' })
  const text = await script('fish')
  expect(ask('outbound-auth re', text)).toMatch(/^request\t/m)
  expect(ask('outbound-auth request --max', text)).toMatch(/^--max-time\t/m)
  expect(ask('outbound-auth token --format k', text)).toMatch(/^kubectl/m)
})

test('completion names its shells', async () => {
  for (const words of [[], ['csh'], ['bash', 'zsh']]) {
    expect(await runCli(['completion', ...words])).toMatchObject({
      code: 2,
      err: expect.stringContaining('bash, zsh, fish'),
    })
  }
})
