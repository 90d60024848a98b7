import { type Presets, presetName, presets } from '../presets.js'
import { kindKeys } from './definition-keys.js'

/** A service that needs no configuration file. */
export interface KnownPreset {
  /** In kebab case: `azure-openai`. */
  readonly name: string
  readonly definition: Readonly<Record<string, unknown>>
  /** The only origin that its credential belongs to; undefined when only the user knows it. */
  readonly origin: string | undefined
  /** The variable that holds its credential, if it has one. */
  readonly variable: string | undefined
}

/** The resolver's presets as the command line names them. */
export function knownPresets(): readonly KnownPreset[] {
  const known = Object.entries(presets).map(([key, preset]) => {
    const definition: Readonly<Record<string, unknown>> = { ...preset }
    const { baseUrl } = definition
    return {
      name: presetName(key as keyof Presets),
      definition,
      origin: typeof baseUrl === 'string' ? new URL(baseUrl).origin : undefined,
      variable: credentialVariable(definition),
    }
  })
  return [...known, ...bedrock]
}

/** The environment and the shared AWS files decide the address and the credential of these. */
const bedrock: readonly KnownPreset[] = (['mantle', 'runtime'] as const).map((endpoint) => ({
  name: endpoint === 'mantle' ? 'bedrock' : 'bedrock-runtime',
  definition: { kind: 'bedrock', endpoint },
  origin: undefined,
  variable: undefined,
}))

/** The environment variable that a definition's credential comes from. */
export function credentialVariable(definition: Readonly<Record<string, unknown>>): string | undefined {
  const key = kindKeys.get(String(definition['kind']))?.credential
  return key === undefined ? undefined : variableOf(definition[key])
}

/** The variable that a reference names. */
export function variableOf(value: unknown): string | undefined {
  const env = (value as { env?: unknown } | null | undefined)?.env
  return typeof env === 'string' ? env : undefined
}
