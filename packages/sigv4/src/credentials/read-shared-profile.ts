import { readSharedFile, type SharedFiles } from './shared-files.js'

/** @internal The settings of a profile in both shared AWS files. A setting in the credentials file wins. */
export type SharedProfile = Readonly<Record<string, string>>

/**
 * @internal Reads a profile of the shared AWS files; undefined if neither file has it. Nested settings are left out.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export async function readSharedProfile(
  profile: string,
  { credentials, config }: SharedFiles,
): Promise<SharedProfile | undefined> {
  const [fromCredentials, fromConfig] = await Promise.all([
    settingsIn(credentials, new Set([profile])),
    settingsIn(config, new Set([`profile ${profile}`, ...(profile === 'default' ? ['default'] : [])])),
  ])
  return fromCredentials || fromConfig ? { ...fromConfig, ...fromCredentials } : undefined
}

async function settingsIn(
  file: string,
  sections: ReadonlySet<string>,
): Promise<Record<string, string> | undefined> {
  const text = await readSharedFile(file)
  let section = ''
  let settings: Record<string, string> | undefined
  for (const line of text.split('\n')) {
    const [, name] = /^\s*\[([^\]]+)\]/.exec(line) ?? []
    if (name !== undefined) {
      section = name
        .trim()
        .replace(/\s+/g, ' ')
        .replace(/^profile "(.*)"$/, 'profile $1')
      if (sections.has(section)) settings ??= Object.create(null) as Record<string, string>
    }
    // An indented line belongs to a nested setting.
    const [, key, value] = /^([\w-]+)\s*=\s*(.*?)\s*(?:\s[#;].*)?$/.exec(line) ?? []
    if (key && value && settings && sections.has(section)) settings[key.toLowerCase()] = value
  }
  return settings
}
