import { knownPresets } from '@outbound-auth/resolver/config'
import { configRequest, findConfig, parseFound } from '../config/load-config.js'
import type { CommandContext } from '../context/command.js'
import { checkProvider } from '../doctor/check-provider.js'
import { checkServer } from '../doctor/check-server.js'
import type { DoctorCheck } from '../doctor/doctor-check.js'
import { usageError } from '../lib/command-error.js'
import { proxyVariables } from '../network/proxy-variables.js'

/**
 * `outbound-auth doctor`: whether each configured provider works. Credentials are fetched. Servers are asked for the
 * time without a credential.
 *
 * @returns 1 if a request will fail
 */
export async function doctorCommand(context: CommandContext): Promise<number> {
  const { args, output, env, cwd } = context
  if (args.positionals.length > 0)
    throw usageError('doctor takes no arguments: choose a provider with --provider')
  const isOurs = args.codexHome === undefined
  const found = isOurs ? ((await findConfig(await configRequest(context))) ?? null) : null
  const config = found ? await parseFound(found, env) : undefined
  const checks: DoctorCheck[] = []
  if (config) checks.push({ status: 'ok', about: config.path, message: `is trusted (${config.trust})` })
  else if (isOurs)
    checks.push({ status: 'ok', about: cwd, message: 'has no outbound-auth.toml; presets only' })
  const origins = new Set<string>()
  for (const name of namesOf(context, [...(config?.providers.keys() ?? [])])) {
    const checked = await checkProvider(name, context, isOurs ? { found } : {})
    checks.push(...checked.checks)
    for (const url of checked.urls) origins.add(new URL(url).origin)
  }
  const servers = [...origins].map((origin) => checkServer(origin, context))
  checks.push(...checkProxies(env), ...(await Promise.all(servers)))
  const lines = checks.map(({ status, about, message }) => `${status.padEnd(7)}  ${about}: ${message}`)
  await (args.json ? output.writeJson({ checks }) : output.writeLines(lines))
  return checks.some(({ status }) => status === 'failure') ? 1 : 0
}

/** The named provider; else those of the file, and presets whose variable is set. Undefined stands for a Codex home. */
function namesOf(
  { args, env }: CommandContext,
  configured: readonly string[],
): readonly (string | undefined)[] {
  if (args.codexHome !== undefined) return [undefined]
  if (args.provider !== undefined) return [args.provider]
  const isSet = (variable: string | undefined) => variable !== undefined && Boolean(env[variable]?.trim())
  const presets = knownPresets().filter(({ origin, variable }) => origin !== undefined && isSet(variable))
  return [...configured, ...presets.map(({ name }) => name).filter((name) => !configured.includes(name))]
}

function checkProxies(env: CommandContext['env']): DoctorCheck[] {
  const { http, https } = proxyVariables(env)
  const variables = new Map(
    [https, http].flatMap((proxy) => (proxy ? [[proxy.name, proxy.url] as const] : [])),
  )
  return [...variables].map(([name, url]) =>
    URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
      ? { status: 'ok', about: name, message: `requests go through ${new URL(url).host}` }
      : {
          status: 'failure',
          about: name,
          message: 'is not a URL such as http://proxy.example.com:8080. Correct or unset it',
        },
  )
}
