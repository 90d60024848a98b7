import type { StorePlace } from '@outbound-auth/resolver'
import type { Config } from '@outbound-auth/resolver/config'

/** The deeds of a provider of a configuration file, for a reader who decides whether to trust it. */
export interface ProviderSummary {
  readonly name: string
  /** File and line. */
  readonly place: string
  readonly kind: string
  /** Where the credential goes. */
  readonly origins: readonly string[]
  /** The authorization servers that get the secret of the client, or the login of the user. */
  readonly servers: readonly string[]
  /** The platforms whose identity it uses, in words. */
  readonly identities: readonly string[]
  /** The databases that keep the login of the user for many machines, without a password. */
  readonly stores: readonly string[]
  /** The programs that it runs, each with its arguments. */
  readonly commands: readonly (readonly string[])[]
  readonly files: readonly string[]
  readonly variables: readonly string[]
}

/** Lists what the providers of a file run, read and send. No value of a secret is in it. */
export function configSummary({ providers }: Pick<Config, 'providers'>): ProviderSummary[] {
  return [...providers.values()].map(({ name, place, definition, allowedOrigins }) => {
    const found = { commands: [] as string[][], files: [] as string[], variables: [] as string[] }
    collect(definition, found)
    const kind = String(definition['kind'])
    const { credentials } = definition
    const role = isTable(credentials) ? credentials : {}
    const servers = [...new Set([definition, role].flatMap(serversOf))]
    const identities = [definition, role].flatMap(identitiesOf)
    const stores = storesOf(definition['store'])
    return { name, place, kind, origins: allowedOrigins, servers, identities, stores, ...found }
  })
}

/** The summary of one provider as lines for people. */
export function summaryLines({ name, place, kind, origins, ...found }: ProviderSummary): string[] {
  const commands = found.commands.map((words) => words.map((word) => JSON.stringify(word)).join(' '))
  return [
    `${JSON.stringify(name)} (${place}): ${kind}, goes to ${origins.join(', ') || 'an address from the environment'}`,
    ...found.servers.map((server) => `  gets tokens from ${server}, which gets ${secretOf(kind)}`),
    ...found.identities.map((identity) => `  uses the identity that this workload has by ${identity}`),
    ...found.stores.map((store) => `  keeps the login of the user in ${store}`),
    ...commands.map((command) => `  runs ${command}`),
    ...found.files.map((file) => `  reads the file ${file}`),
    ...found.variables.map((variable) => `  reads the variable ${variable}`),
  ]
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

/** The secret that the server of a kind gets. */
function secretOf(kind: string): string {
  return /^(workload-identity|sigv4|bedrock)$/.test(kind) ? 'the subject token' : 'the secret of the client'
}

const platforms: Readonly<Record<string, string>> = {
  githubActions: 'GitHub Actions',
  gcpMetadata: 'the metadata service of Google Cloud',
  azureImds: 'the metadata service of Azure',
}

function identitiesOf({ subjectToken }: Readonly<Record<string, unknown>>): string[] {
  if (!isTable(subjectToken)) return []
  return Object.entries(platforms).flatMap(([name, shown]) => (name in subjectToken ? [shown] : []))
}

const serverNames = [
  'issuer',
  'tokenEndpoint',
  'authorizationEndpoint',
  'deviceAuthorizationEndpoint',
  'authority',
  'host',
  'revocationEndpoint',
]

function serversOf(definition: Readonly<Record<string, unknown>>): string[] {
  const given = serverNames.flatMap((name) => definition[name] ?? []).map(String)
  return [...new Set(given.map((url) => (URL.canParse(url) ? new URL(url).origin : url)))]
}

function storesOf(store: unknown): string[] {
  return Object.entries((store ?? {}) as Readonly<Record<string, StorePlace>>).map(([name, { key, url }]) => {
    const host = typeof url === 'string' ? ` at ${hostOf(name, url)}` : ''
    return `${name}${host} under ${JSON.stringify(key)}`
  })
}

/** The host that the client of a database connects to. */
function hostOf(store: string, url: string): string {
  if (!URL.canParse(url)) return 'a malformed URL'
  const { host, hostname, port, searchParams } = new URL(url)
  if (store !== 'postgres') return host
  // The client of PostgreSQL prefers parameters to the host and the port of the URL, the last one of each.
  const used = (name: string, written: string) => searchParams.getAll(name).at(-1) || written
  const usedPort = used('port', port)
  return `${used('host', hostname) || 'the host of PGHOST'}${usedPort === '' ? '' : `:${usedPort}`}`
}

function collect(
  value: unknown,
  found: { readonly commands: string[][]; readonly files: string[]; readonly variables: string[] },
): void {
  if (typeof value !== 'object' || value === null) return
  const { command, file, env } = value as { command?: unknown; file?: unknown; env?: unknown }
  if (Array.isArray(command)) found.commands.push(command.map(String))
  else if (typeof file === 'string') found.files.push(file)
  else if (typeof env === 'string') found.variables.push(env)
  else for (const part of Object.values(value)) collect(part, found)
}
