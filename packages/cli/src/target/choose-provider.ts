import type { SelectionStep } from '@outbound-auth/resolver'
import {
  type Config,
  type ConfiguredProvider,
  type KnownPreset,
  knownPresets,
  type Locate,
} from '@outbound-auth/resolver/config'
import { closestWord } from '../lib/closest-word.js'
import { CommandError } from '../lib/command-error.js'

/** The input of a choice. Nothing is read here. */
export interface ChoiceInput {
  /** Origin of the URL; undefined for a path. */
  readonly origin: string | undefined
  /** `--provider` */
  readonly named: string | undefined
  readonly config: Config | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where a file was looked for. */
  readonly folder: string
}

/** The provider of one request. */
export interface Choice {
  readonly name: string
  /** The place of its definition: `outbound-auth.toml:3`, or `preset`. */
  readonly place: string
  /** Names the place of a later error: file, line and key, or the preset. */
  readonly locate: Locate
  readonly definition: Readonly<Record<string, unknown>>
  readonly warning: string | undefined
  readonly trace: readonly SelectionStep[]
}

/** No provider fits, or more than one does. `trace` has the rules that were tried. */
export class ChoiceError extends CommandError {
  readonly trace: readonly SelectionStep[]

  constructor(message: string, trace: readonly SelectionStep[]) {
    super(message, { class: 'config', code: 'ERR_CLI_PROVIDER' })
    this.trace = trace
  }
}

/**
 * Chooses the provider: `--provider`; else the one configured provider that may go to the URL's origin (for a path: the
 * default or only one); else a preset for that origin whose variable is set. So a URL alone never attracts a credential
 * that belongs to another origin.
 *
 * @throws ChoiceError when no rule chooses exactly one
 */
export function chooseProvider(input: ChoiceInput): Choice {
  const trace: SelectionStep[] = []
  const passOver = (rule: string, because: string) => {
    trace.push({ rule, outcome: 'passed-over', because })
  }
  const choose = (rule: string, because: string, found: ConfiguredProvider | KnownPreset): Choice => {
    trace.push({ rule, outcome: 'chosen', because })
    const { name, definition } = found
    const isPreset = !('place' in found)
    return {
      name,
      place: isPreset ? 'preset' : found.place,
      locate: isPreset ? () => `preset ${name}` : found.locate,
      definition,
      warning: isPreset ? undefined : found.warning,
      trace,
    }
  }
  const { origin, named, config } = input
  const rule = '--provider'
  if (named !== undefined) {
    const configured = config?.providers.get(named)
    if (configured) return choose(rule, `it names ${labelOf(configured)}`, configured)
    const preset = knownPresets().find(({ name }) => name === named)
    if (!preset) throw unknownName(named, config)
    if (!isComplete(preset)) throw incompletePreset(preset)
    return choose(
      rule,
      `it names the preset ${named}${config ? `; ${config.file} has no provider of that name` : ''}`,
      preset,
    )
  }
  passOver(rule, 'it was not given')
  if (!config) passOver('configuration file', `there is no outbound-auth.toml in ${input.folder}`)
  const providers = [...(config?.providers.values() ?? [])]
  if (origin === undefined) return chooseForPath(input, providers, passOver, choose, trace)

  const matching = providers.filter(({ allowedOrigins }) => allowedOrigins.includes(origin))
  for (const provider of providers) {
    if (matching.includes(provider)) continue
    passOver(labelOf(provider), `it allows ${provider.allowedOrigins.join(', ') || 'nothing'}, not ${origin}`)
  }
  const [only, second] = matching
  if (only && !second) return choose(labelOf(only), `it is the only one that allows ${origin}`, only)
  if (second) {
    for (const provider of matching)
      passOver(labelOf(provider), `it is not the only one that allows ${origin}`)
    const names = matching.map(labelOf).join(' and ')
    throw new ChoiceError(
      `Cannot choose a provider for ${origin}: ${names} allow it; add --provider NAME`,
      trace,
    )
  }
  return chooseAmongPresets(origin, input, passOver, choose, trace)
}

type PassOver = (rule: string, because: string) => void
type Choose = (rule: string, because: string, found: ConfiguredProvider | KnownPreset) => Choice

function chooseForPath(
  { config, folder }: ChoiceInput,
  providers: readonly ConfiguredProvider[],
  passOver: PassOver,
  choose: Choose,
  trace: readonly SelectionStep[],
): Choice {
  const { defaultProvider } = config ?? {}
  const byDefault = defaultProvider === undefined ? undefined : config?.providers.get(defaultProvider)
  if (byDefault) return choose('default_provider', `${config?.file} names ${labelOf(byDefault)}`, byDefault)
  if (config) passOver('default_provider', `${config.file} does not say one`)
  const [only, second] = providers
  if (only && !second) return choose(labelOf(only), 'it is the only configured provider', only)
  for (const provider of providers) passOver(labelOf(provider), 'it is not the only configured provider')
  passOver('presets', 'a path says no origin that could choose one')
  const known = providers.length > 0 ? ` (configured: ${providers.map(({ name }) => name).join(', ')})` : ''
  const noProvider = config && providers.length === 0 ? ` ${config.file} has no [providers.NAME];` : ''
  const why = config ? noProvider : ` ${noFile(folder)};`
  throw new ChoiceError(
    `Cannot choose a provider for a path:${why} add --provider NAME${known}, or write the whole URL`,
    trace,
  )
}

function chooseAmongPresets(
  origin: string,
  { env, config, folder }: ChoiceInput,
  passOver: PassOver,
  choose: Choose,
  trace: readonly SelectionStep[],
): Choice {
  let unset: string | undefined
  for (const preset of knownPresets()) {
    const { variable } = preset
    const rule = `preset ${preset.name}`
    if (preset.origin !== origin) {
      passOver(rule, preset.origin ? `its origin is ${preset.origin}` : 'it has no origin of its own')
    } else if (!isComplete(preset)) {
      passOver(rule, 'it needs settings of its own: a [providers.NAME]')
    } else if (variable !== undefined && !(Object.hasOwn(env, variable) && env[variable]?.trim())) {
      passOver(rule, `${variable} is not set`)
      unset ??= variable
    } else {
      const because = variable === undefined ? 'it needs no credential' : `${variable} is set`
      return choose(rule, `its origin is ${origin}, and ${because}`, preset)
    }
  }
  const why = config || unset !== undefined ? '' : ` ${noFile(folder)};`
  const variables = Object.keys(env).filter((name) => /key|token|secret/i.test(name))
  const meant = unset === undefined ? undefined : closestWord(unset, variables)
  const typo = meant === undefined || meant === unset ? '' : ` (${meant} is set; did you mean ${unset}?)`
  const wayOut =
    unset === undefined
      ? 'add a [providers.NAME] with this origin to outbound-auth.toml'
      : `set ${unset}${typo}`
  throw new ChoiceError(
    `Cannot choose a provider for ${origin}:${why} ${wayOut}, or add --provider NAME`,
    trace,
  )
}

function noFile(folder: string): string {
  return `there is no outbound-auth.toml in ${folder} (parent folders are not searched)`
}

function labelOf({ label, place }: ConfiguredProvider): string {
  return `${label} (${place})`
}

/** Whether a preset says where its credential goes and where it comes from. */
function isComplete({ definition, origin, variable }: KnownPreset): boolean {
  const { kind } = definition
  return kind === 'bedrock' || (origin !== undefined && (variable !== undefined || kind === 'none'))
}

/** The keys that the presets of workloads lack. */
const workloadKeys: Readonly<Record<string, readonly string[]>> = {
  'github-actions-anthropic': ['federation_rule_id', 'organization_id', 'service_account_id'],
  'kubernetes-openai': ['identity_provider_id', 'service_account_id'],
  'github-actions-bedrock': ['region', 'base_url'],
  'gcp-vertex': ['base_url'],
}

function incompletePreset({ name, variable, origin }: KnownPreset): CommandError {
  const keyLines = workloadKeys[name]?.map((key) => `${key} = "${key === 'base_url' ? 'https://…' : '…'}"`)
  const lines = keyLines ?? [
    'base_url = "https://…"',
    ...(variable === undefined ? ['token = { env = "…" }'] : []),
  ]
  const lacks = origin === undefined ? 'has no address of its own' : 'needs settings of its own'
  return new CommandError(
    `The preset ${name} ${lacks}: write [providers.NAME] with ${[`preset = "${name}"`, ...lines].join(', ')} into outbound-auth.toml`,
    { class: 'config', code: 'ERR_CLI_PROVIDER' },
  )
}

function unknownName(named: string, config: Config | undefined): CommandError {
  const configured = config ? [...config.providers.keys()].join(', ') || 'none' : 'no file'
  const names = knownPresets().map(({ name }) => name)
  const meant = closestWord(named, [...(config?.providers.keys() ?? []), ...names])
  const remedy = meant === undefined ? 'Choose one of them' : `Did you mean --provider ${meant}?`
  return new CommandError(
    `No provider is called ${JSON.stringify(named)}; configured: ${configured}; presets: ${names.join(', ')}. ${remedy}`,
    { class: 'config', code: 'ERR_CLI_PROVIDER' },
  )
}
