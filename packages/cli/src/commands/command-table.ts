import type { OptionName } from '../arguments/command-options.js'
import type { Command } from '../context/command.js'

const providerOptions: readonly OptionName[] = [
  'provider',
  'config',
  'codex-home',
  'profile',
  'agent-identity-policy',
  'allow-insecure-transport',
]
const networkOptions: readonly OptionName[] = ['cacert', 'insecure']
const targetOptions: readonly OptionName[] = [
  ...providerOptions,
  ...networkOptions,
  'user',
  'request',
  'header',
  'data',
]

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  {
    name: 'request',
    summary: 'send an authenticated request and print the response',
    usage: '[METHOD] URL|PATH [options]',
    details: [
      'METHOD is GET, or POST with -d. A PATH is appended to the base URL of the provider.',
      'JSON is sent as application/json, other data as application/x-www-form-urlencoded; -H content-type wins.',
      'The exit code is 1 when the response has a status of 400 or more; its body is printed all the same.',
    ],
    options: [...targetOptions, 'repeat', 'output', 'max-time', 'include', 'verbose', 'json', 'help'],
    load: async () => (await import('./request-command.js')).requestCommand,
  },
  {
    name: 'headers',
    summary: 'show what request would send, and send nothing to the URL',
    usage: '[METHOD] URL|PATH [options]',
    details: ['A credential command or file is read. Values are redacted unless you say --reveal.'],
    options: [...targetOptions, 'reveal', 'curl', 'json', 'help'],
    load: async () => (await import('./headers-command.js')).headersCommand,
  },
  {
    name: 'explain',
    summary: 'say which provider a URL or path gets, and why not another',
    usage: 'URL|PATH [options]',
    details: ['Nothing is sent, and no credential is fetched.'],
    options: [...providerOptions, 'user', 'json', 'help'],
    load: async () => (await import('./explain-command.js')).explainCommand,
  },
  {
    name: 'token',
    summary: 'print the credential itself, for another program',
    usage: '[URL|PATH] [options]',
    details: [
      'codex is for auth.command, anthropic for apiKeyHelper of Claude Code, aws-credential-process for credential_process,',
      'kubectl for the exec plug-in. A credential of a program that expires is kept for later runs until shortly before.',
    ],
    options: [...providerOptions, ...networkOptions, 'format', 'fresh', 'json', 'help'],
    load: async () => (await import('./token-command.js')).tokenCommand,
  },
  {
    name: 'presign',
    summary: 'print a URL that carries its AWS signature, and send nothing',
    usage: '[METHOD] URL|PATH [options]',
    details: [
      'Everyone who has the URL can send the request until it expires. The provider is of kind sigv4.',
    ],
    options: [...providerOptions, 'request', 'header', 'expires', 'json', 'help'],
    load: async () => (await import('./presign-command.js')).presignCommand,
  },
  {
    name: 'login',
    summary: 'log in as a user at the authorization server of a provider of kind oauth',
    usage: '[NAME] [options]',
    details: [
      'The provider has grant = "authorization-code" (a browser on this machine) or "device-code" (any device).',
      'URL and code are shown on standard error. The tokens are kept for this user alone, and renewed by themselves.',
      'With store, the login is in a database, for all machines that have the same provider.',
    ],
    options: ['config', ...networkOptions, 'device', 'no-browser', 'json', 'help'],
    load: async () => (await import('./login-command.js')).loginCommand,
  },
  {
    name: 'logout',
    summary: 'remove the login of a provider from this machine, and revoke it at the server',
    usage: '[NAME] [options]',
    details: [
      'With store, the login ends for all machines.',
      'If the server cannot be asked, or revokes nothing, a note says so, and the login is removed all the same.',
    ],
    options: ['config', ...networkOptions, 'json', 'help'],
    load: async () => (await import('./logout-command.js')).logoutCommand,
  },
  {
    name: 'doctor',
    summary: 'look whether each configured provider works, and say what to do',
    usage: '[options]',
    details: [
      'Credentials are fetched and not sent. Servers are asked for the time, to compare clocks, without a credential.',
      'The exit code is 1 if a request will fail.',
    ],
    options: [...providerOptions, ...networkOptions, 'json', 'help'],
    load: async () => (await import('./doctor-command.js')).doctorCommand,
  },
  {
    name: 'trust',
    summary: 'let the outbound-auth.toml of a folder run commands and send credentials',
    usage: '[FILE] [options]',
    details: [
      'The file is trusted at its path and with its content: trust a changed file anew.',
      'Programs and secrets that it names are not covered. --config FILE and OUTBOUND_AUTH_TRUST=1 are trust, too.',
    ],
    options: ['list', 'json', 'help'],
    load: async () => (await import('./trust-command.js')).trustCommand,
  },
  {
    name: 'untrust',
    summary: 'take the trust in an outbound-auth.toml back',
    usage: '[FILE] [options]',
    details: [],
    options: ['json', 'help'],
    load: async () => (await import('./trust-command.js')).untrustCommand,
  },
  {
    name: 'agent enroll',
    summary: 'register an agent and its run task with an access token',
    usage: '--record FILE --token-env NAME [options]',
    details: [
      'One of --token-env, --token-file and --token-command is needed. The token names the account.',
      'The agent is kept before its task is registered; if that fails, enroll or register-task completes it.',
    ],
    options: ['record', 'authority', 'token-env', 'token-file', 'token-command', 'json', 'help'],
    load: async () => (await import('../agent/agent-enroll-command.js')).agentEnrollCommand,
  },
  {
    name: 'agent status',
    summary: 'show an enrolled agent, without its key',
    usage: '--record FILE [options]',
    details: ['Nothing is sent.'],
    options: ['record', 'json', 'help'],
    load: async () => (await import('../agent/agent-status-command.js')).agentStatusCommand,
  },
  {
    name: 'agent register-task',
    summary: 'register a new run task of an enrolled agent',
    usage: '--record FILE [options]',
    details: ['The new task replaces the one in the file. No access token is needed: the agent signs.'],
    options: ['record', 'authority', 'json', 'help'],
    load: async () => (await import('../agent/agent-task-command.js')).agentTaskCommand,
  },
  {
    name: 'completion',
    summary: 'print a script that completes commands and options in a shell',
    usage: 'bash|zsh|fish',
    details: [
      'bash: source <(outbound-auth completion bash)',
      'zsh: outbound-auth completion zsh > _outbound-auth, in a folder of $fpath',
      'fish: outbound-auth completion fish > ~/.config/fish/completions/outbound-auth.fish',
    ],
    options: ['help'],
    load: async () => (await import('./completion-command.js')).completionCommand,
  },
  {
    name: 'help',
    summary: 'show the help of a command',
    usage: '[COMMAND]',
    details: [],
    options: ['json', 'help'],
    load: async () => (await import('./help-command.js')).helpCommand,
  },
]
