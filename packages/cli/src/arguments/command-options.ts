/** One option of the command line. */
export interface CommandOption {
  readonly short?: string
  /** Stands for the value in the help; an option without it is a switch. */
  readonly value?: string
  readonly isRepeatable?: true
  readonly help: string
}

/** The name of an option. */
export type OptionName =
  | 'provider'
  | 'config'
  | 'codex-home'
  | 'profile'
  | 'agent-identity-policy'
  | 'allow-insecure-transport'
  | 'user'
  | 'repeat'
  | 'request'
  | 'header'
  | 'data'
  | 'output'
  | 'max-time'
  | 'cacert'
  | 'insecure'
  | 'include'
  | 'verbose'
  | 'record'
  | 'authority'
  | 'token-env'
  | 'token-file'
  | 'token-command'
  | 'reveal'
  | 'list'
  | 'format'
  | 'fresh'
  | 'expires'
  | 'curl'
  | 'device'
  | 'no-browser'
  | 'json'
  | 'help'

/** The options of all commands; each command names those that it takes. */
export const commandOptions: Readonly<Record<OptionName, CommandOption>> = {
  provider: { value: 'NAME', help: 'a [providers.NAME] of the file, or a preset' },
  config: {
    value: 'FILE',
    help: 'configuration file (default: outbound-auth.toml of the working directory)',
  },
  'codex-home': {
    value: 'DIR',
    help: 'take provider and login from this Codex home (config.toml, auth.json)',
  },
  profile: {
    short: 'p',
    value: 'NAME',
    help: 'lay NAME.config.toml of the Codex home over its config.toml',
  },
  'agent-identity-policy': {
    value: 'POLICY',
    help: 'jwt-only or chatgpt-auth: which logins of a Codex home sign as an agent',
  },
  'allow-insecure-transport': {
    help: 'send the credential over plain http, where every machine on the way can read it',
  },
  user: {
    short: 'u',
    value: 'USER:PASSWORD',
    help: 'send this as Basic authentication, and use no provider',
  },
  repeat: { value: 'N', help: 'send the request N times, one after the other' },
  request: { short: 'X', value: 'METHOD', help: 'the method, as an option' },
  header: {
    short: 'H',
    value: "'NAME: VALUE'",
    isRepeatable: true,
    help: 'a header of the request; repeatable',
  },
  data: {
    short: 'd',
    value: 'DATA',
    isRepeatable: true,
    help: 'body: text, @FILE, or @- for standard input; POST; several are joined with &',
  },
  output: {
    short: 'o',
    value: 'FILE',
    help: 'write the body to this file; - is standard output, byte for byte',
  },
  'max-time': { short: 'm', value: 'SECONDS', help: 'time limit of the whole, such as 30 or 0.5' },
  cacert: { value: 'FILE', help: 'trust the certificate authorities of this PEM file, and no others' },
  insecure: { help: "do not check the server's certificate: whoever is on the way gets the credential" },
  include: { short: 'i', help: 'print status line and headers of the response before its body' },
  verbose: { short: 'v', help: 'show decision, request and status on standard error; values are redacted' },
  record: { value: 'FILE', help: 'where the agent is kept; it holds the private key (mode 0600)' },
  authority: {
    value: 'URL',
    help: 'base URL of the authority (default: https://auth.openai.com/api/accounts)',
  },
  'token-env': { value: 'NAME', help: 'variable with the access token of the account' },
  'token-file': { value: 'PATH', help: 'file with the access token' },
  'token-command': {
    value: 'PROGRAM',
    help: 'prints the access token; its arguments follow, after -- if need be',
  },
  reveal: { help: 'show the credential itself' },
  list: { help: 'list the trusted files: trusted, changed or missing' },
  format: {
    value: 'FORMAT',
    help: 'plain, json, codex, anthropic, aws-credential-process or kubectl (default: plain)',
  },
  fresh: { help: 'get a new credential, and use none that an earlier run has kept' },
  expires: { value: 'SECONDS', help: 'how long the URL is valid, at most 604800 (default: 3600)' },
  curl: { help: 'print what curl -K - reads; it shows the credential' },
  device: { help: 'log in on another device: open a page there, and type a code' },
  'no-browser': { help: 'print the URL of the login, and open no browser' },
  json: { help: 'print one JSON document; errors become one line of JSON on standard error' },
  help: { short: 'h', help: 'show this help' },
}
