/** The options and variables that decide how a request reaches its server. */
export interface NetworkOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** `--cacert` */
  readonly cacert: string | undefined
  /** `--insecure` */
  readonly insecure: boolean
}

/** A proxy, and the variable that names it. Its URL may hold a password, so only the name is shown. */
export interface ProxyVariable {
  readonly name: string
  readonly url: string
}

/** The proxies of an environment. */
export interface ProxyVariables {
  readonly http: ProxyVariable | undefined
  /** Without a variable of its own, https goes through the proxy of http. */
  readonly https: ProxyVariable | undefined
  readonly noProxy: string
}

type Variables = Readonly<Record<string, string | undefined>>

/** Reads `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. As with curl, the name in lower case wins. */
export function proxyVariables(env: Variables): ProxyVariables {
  const http = proxyOf(env, 'HTTP_PROXY')
  const [, noProxy = ''] = variable(env, 'NO_PROXY') ?? []
  return { http, https: proxyOf(env, 'HTTPS_PROXY') ?? http, noProxy }
}

/** The variable whose proxy a request to this URL would use, unless `NO_PROXY` has its host. */
export function proxyNameFor({ protocol }: URL, env: Variables): string | undefined {
  const { http, https } = proxyVariables(env)
  return (protocol === 'https:' ? https : http)?.name
}

function proxyOf(env: Variables, upper: string): ProxyVariable | undefined {
  const [name, value] = variable(env, upper) ?? []
  if (name === undefined || !value) return undefined
  return { name, url: /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}` }
}

function variable(env: Variables, upper: string): [name: string, value: string] | undefined {
  for (const name of [upper.toLowerCase(), upper]) {
    const value = Object.hasOwn(env, name) ? env[name]?.trim() : undefined
    if (value !== undefined && value !== '') return [name, value]
  }
  return undefined
}
