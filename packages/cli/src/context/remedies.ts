const terms = {
  credential: 'Correct the token, key or password; outbound-auth headers --reveal shows what would be sent',
  command: 'Run the command by hand, in the folder of the file',
  later: 'Try again later',
  login: 'Log in again',
  record: 'See outbound-auth agent status, or enrol a new agent',
  report: 'Please report it, without secrets',
  assertion: 'Make the assertion anew, with the key of this agent',
  jwt: 'Get a new token from its issuer',
  keys: 'Ask the operator of the server that publishes the keys',
  client: 'Correct the client in outbound-auth.toml, or its registration at the server',
}

/**
 * The remedies of a user for errors of the packages, by code. The messages of the packages are for programs, so some
 * have no remedy, or one in code.
 */
const remedies: Readonly<Record<string, string>> = {
  ERR_AUTH_BODY: 'Send the body with -d, or choose a method that has none',
  ERR_AUTH_COMMAND_FAILED: terms.command,
  ERR_AUTH_COMMAND_NOT_FOUND: 'Install the program, or correct command or cwd',
  ERR_AUTH_COMMAND_OUTPUT: 'Let the command print one token, or the JSON of a known tool',
  ERR_AUTH_COMMAND_TIMEOUT: 'Run the command by hand to see what it waits for, or raise timeout_ms',
  ERR_AUTH_CREDENTIAL: terms.credential,
  ERR_AUTH_EXPIRED: 'Get a new credential from its source, and check the clock of this machine',
  ERR_AUTH_HEADER_VALUE: terms.credential,
  ERR_AUTH_INSECURE_TRANSPORT: 'Write https://, or --allow-insecure-transport in a network that you trust',
  ERR_AUTH_NEEDS_REQUEST: 'Use outbound-auth request, or headers with a whole URL',
  ERR_AUTH_NOT_READY: terms.later,
  ERR_AUTH_NO_CREDENTIAL: 'Log in, or give the provider a credential of its own',
  ERR_AUTH_NO_RENEWAL: terms.login,
  ERR_AUTH_ORIGIN:
    'Choose another provider, or add the origin to allowed_origins if the credential belongs there',
  ERR_AUTH_PROVIDER: terms.report,
  ERR_AUTH_REDIRECT: 'Request the URL that the redirect leads to, if you trust it',
  ERR_AUTH_SOURCE: 'See the source of the credential: a file, a command or a service',
  ERR_AUTH_SOURCE_CYCLE: terms.report,
  ERR_AUTH_TIMEOUT: 'See what the source of the credential waits for, or raise timeout_ms',
  ERR_AUTH_URL: 'Correct the URL',
  ERR_AUTH_MISSING_ENV: 'Set the variable, and export it',
  ERR_AUTH_MISSING_FILE: 'Create the file, or correct its path',
  ERR_AUTH_MISSING_REGION: 'Set region in the file, or AWS_REGION',
  ERR_AUTH_REGION: 'Choose another region, the other endpoint, or a base_url',
  ERR_AUTH_CONTRADICTION: 'Keep one of them',
  ERR_AUTH_UNKNOWN_KIND: 'Correct kind',
  ERR_AUTH_UNSUPPORTED: 'Use another source of the credential, or another version of Node',
  ERR_AUTH_SIGV4_CREDENTIALS: 'Check with: aws sts get-caller-identity',
  ERR_AUTH_SIGV4_PEER: 'Run: npm install --global @aws-sdk/credential-provider-node',
  ERR_AUTH_RUN_TASK_MISSING: 'Register one: outbound-auth agent register-task',
  ERR_AUTH_AGENT_DELETED: 'Enrol a new agent: outbound-auth agent enroll',
  ERR_AUTH_AGENT_ID: terms.record,
  ERR_AUTH_AGENT_KEY: terms.record,
  ERR_AUTH_AGENT_KEY_MISMATCH: terms.record,
  ERR_AUTH_AGENT_RECORD: terms.record,
  ERR_AUTH_SEALED_TASK: 'Register a new task: outbound-auth agent register-task',
  ERR_AUTH_REGISTRATION_UNAVAILABLE: terms.later,
  ERR_AUTH_REGISTRATION_REFUSED: 'Check the access token, and whether its account may have agents',
  ERR_AUTH_REGISTRATION_RESPONSE: 'Check --authority',
  ERR_AUTH_CODEX_LOGIN: 'Run: codex login',
  ERR_AUTH_CODEX_KEYRING: 'Set cli_auth_credentials_store = "file" in config.toml, or CODEX_API_KEY',
  ERR_AUTH_ASSERTION_AGENT: terms.assertion,
  ERR_AUTH_ASSERTION_MALFORMED: terms.assertion,
  ERR_AUTH_ASSERTION_SIGNATURE: terms.assertion,
  ERR_AUTH_ASSERTION_TASK: 'Register a new task: outbound-auth agent register-task',
  ERR_AUTH_ASSERTION_WINDOW: 'Set the clock of this machine, or let it be set by NTP',
  ERR_AUTH_JWKS_REFUSED: terms.keys,
  ERR_AUTH_JWKS_RESPONSE: terms.keys,
  ERR_AUTH_JWKS_UNAVAILABLE: terms.later,
  ERR_AUTH_JWT_ALGORITHM: terms.jwt,
  ERR_AUTH_JWT_AUDIENCE: terms.jwt,
  ERR_AUTH_JWT_CLAIMS: terms.jwt,
  ERR_AUTH_JWT_EXPIRED: 'Log in again, and check the clock of this machine',
  ERR_AUTH_JWT_HEADER: terms.jwt,
  ERR_AUTH_JWT_ISSUER: terms.jwt,
  ERR_AUTH_JWT_KEY_MISSING: terms.jwt,
  ERR_AUTH_JWT_KEY_UNKNOWN: terms.jwt,
  ERR_AUTH_JWT_KEY_WEAK: terms.keys,
  ERR_AUTH_JWT_MALFORMED: terms.jwt,
  ERR_AUTH_JWT_NOT_YET_VALID: 'Set the clock of this machine, or let it be set by NTP',
  ERR_AUTH_JWT_SIGNATURE: terms.jwt,
  ERR_AUTH_LOAD: 'Install the command again: npm install --global @outbound-auth/cli',
  ERR_AUTH_CONFIG: 'Correct the file',
  ERR_AUTH_OAUTH_DOWNGRADE: 'Register the client for DPoP at the server, or choose kind = "oauth"',
  ERR_AUTH_OAUTH_KEY: 'Correct private_key or algorithm; the key is PKCS#8 as PEM or base64, or a JWK',
  ERR_AUTH_OAUTH_LOGIN: 'Run outbound-auth login again',
  ERR_AUTH_OAUTH_METADATA: 'Write issuer as the server writes it, or add token_endpoint',
  ERR_AUTH_OAUTH_REFUSED: terms.client,
  ERR_AUTH_OAUTH_RESPONSE: 'Check issuer and token_endpoint, or ask the operator of the server',
  ERR_AUTH_OAUTH_UNAVAILABLE: 'Check issuer and token_endpoint, or try again later',
  ERR_AUTH_REFRESH_REFUSED: terms.login,
  ERR_AUTH_REFRESH_RESPONSE: terms.later,
  ERR_AUTH_REFRESH_UNAVAILABLE: terms.later,
  ERR_AUTH_CODEX_CONFIG: 'Correct config.toml of the Codex home',
  ERR_AUTH_CODEX_HOME: 'Correct --codex-home',
  ERR_AUTH_CODEX_ACCOUNT: 'Run the command again',
  ERR_AUTH_CODEX_REFRESH_REFUSED: 'Run: codex login',
  ERR_AUTH_CODEX_REFRESH_RESPONSE: terms.later,
  ERR_AUTH_CODEX_REFRESH_UNAVAILABLE: terms.later,
  ERR_AUTH_CODEX_WHOAMI_REFUSED: 'Make a new personal access token',
  ERR_AUTH_CODEX_WHOAMI_UNAVAILABLE: terms.later,
  ERR_AUTH_CODEX_WORKLOAD_IDENTITY: 'Correct the workload identity in config.toml',
  ERR_AUTH_WORKLOAD_REFUSED: 'Correct the ids of the service, or its trust in the subject token',
  ERR_AUTH_WORKLOAD_SUBJECT: 'See the source of subject_token',
  ERR_AUTH_WORKLOAD_UNAVAILABLE: terms.later,
  ERR_AUTH_WORKLOAD_USED: 'Wait for a new subject_token, or set single_use = false if the service allows it',
  ERR_AUTH_WORKLOAD_RESPONSE: 'Correct token_endpoint, or try again later',
  ERR_AUTH_STORE_ACCESS: 'Correct the path or the URL, or the rights',
  ERR_AUTH_STORE_CLIENT: 'Install the client of the database',
  ERR_AUTH_STORE_BUSY: 'Try again; see which process holds the lock',
  ERR_AUTH_STORE_CORRUPT: 'Repair or remove the file or record',
  ERR_AUTH_STORE_IO: 'Make room, or see whether the database can be reached, and try again',
  ERR_AUTH_STORE_LOCK_LOST: 'Run the command again',
}

/** The last clause of a message that says what to do: `X is not set; set it`, `Nobody is logged in. Run: …`. */
const imperative =
  /[;:.,] (and )?(add|ask|check|choose|correct|create|enrol|give|install|keep|log in|make|name|pass|raise|remove|run|see|set|try|unset|use|write)\b[^;.]*$|\. Run: [^;]+$/i

/** A code of a package that this version does not know. */
const general = 'See the code in https://github.com/outbound-auth/outbound-auth/blob/main/docs/errors.md'

/** The message with the remedy for its code at the end, unless it has one already. */
export function withRemedy(code: string, message: string): string {
  if (imperative.test(message)) return message
  return `${message.replace(/\.$/, '')}. ${Object.hasOwn(remedies, code) ? remedies[code] : general}`
}

/** Whether a code has a remedy of its own. */
export function hasRemedy(code: string): boolean {
  return Object.hasOwn(remedies, code)
}
