// Prevents the mistake of a check whose result depends on its starter's environment: the `GIT_DIR` of a git hook makes
// a `git commit` in a scratch folder commit into the developer's own repository, and `NODE_ENV` leaves out what an
// install needs.

/** The variables that a child process gets: for programs, folders, the registry, language and time. */
const kept = [
  /^(?:PATH|PATHEXT|COMSPEC|SYSTEMROOT|SYSTEMDRIVE|WINDIR|LD_PRELOAD|LD_LIBRARY_PATH|DYLD_\w+)$/i,
  /^(?:HOME|USERPROFILE|HOMEDRIVE|HOMEPATH|APPDATA|LOCALAPPDATA|PROGRAMDATA|XDG_\w+|TMPDIR|TEMP|TMP)$/i,
  /^(?:USER|LOGNAME|USERNAME|LANG|LANGUAGE|LC_\w+|TZ|FAKETIME\w*|TERM|NO_COLOR|CI)$/i,
  /^(?:npm_config_.+|pnpm_config_.+|PNPM_HOME|NPM_TOKEN|NODE_AUTH_TOKEN|(?:https?|all|no)_proxy)$/i,
  /^(?:NODE_EXTRA_CA_CERTS|NODE_USE_SYSTEM_CA|SSL_CERT_FILE|SSL_CERT_DIR)$/i,
]

/** Git without the settings of a user, of the system or of a hook. Scratch folders belong to whoever made them. */
const git = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_COUNT: '3',
  GIT_CONFIG_KEY_0: 'safe.directory',
  GIT_CONFIG_VALUE_0: '*',
  GIT_CONFIG_KEY_1: 'core.excludesFile',
  GIT_CONFIG_VALUE_1: '/dev/null',
  GIT_CONFIG_KEY_2: 'core.attributesFile',
  GIT_CONFIG_VALUE_2: '/dev/null',
}

/**
 * The environment for a child process: of this process only what an allow-list names, and git without anybody's
 * settings.
 *
 * @param {Readonly<Record<string, string>>} [more] variables to add
 * @param {Readonly<Record<string, string | undefined>>} [own] what to take from
 * @returns {Record<string, string>}
 */
export function childEnvironment(more = {}, own = process.env) {
  /** @type {Record<string, string>} */
  const environment = {}
  for (const [name, value] of Object.entries(own)) {
    if (value !== undefined && kept.some((pattern) => pattern.test(name))) environment[name] = value
  }
  return { ...environment, ...git, TURBO_TELEMETRY_DISABLED: '1', ...more }
}
