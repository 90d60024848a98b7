import { readSharedFile, sharedFiles } from './shared-files.js'

/** Options of {@link awsRegion}. */
export interface AwsRegionOptions {
  /** Name of a profile in the shared files. @default AWS_PROFILE, else `default` */
  readonly profile?: string | undefined
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/**
 * The region that a profile of the shared AWS files names; undefined when there is none, or no such file. `AWS_REGION` and
 * `AWS_DEFAULT_REGION` are not looked at.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export async function awsRegion(options: AwsRegionOptions = {}): Promise<string | undefined> {
  const { env = process.env } = options
  const profile = options.profile ?? (env['AWS_PROFILE']?.trim() || 'default')
  const { credentials, config } = sharedFiles(env)
  const [fromCredentials, fromConfig] = await Promise.all([
    regionIn(credentials, new Set([profile])),
    regionIn(config, new Set([`profile ${profile}`, ...(profile === 'default' ? ['default'] : [])])),
  ])
  return fromCredentials ?? fromConfig
}

async function regionIn(file: string, sections: ReadonlySet<string>): Promise<string | undefined> {
  const text = await readSharedFile(file)
  let section = ''
  let region: string | undefined
  for (const line of text.split('\n')) {
    const [, name] = /^\s*\[([^\]]+)\]/.exec(line) ?? []
    if (name !== undefined)
      section = name
        .trim()
        .replace(/\s+/g, ' ')
        .replace(/^profile "(.*)"$/, 'profile $1')
    // An indented line belongs to a nested setting.
    const [, value] = /^region\s*=\s*(.*?)\s*(?:\s[#;].*)?$/.exec(line) ?? []
    if (value && sections.has(section)) region = value
  }
  return region
}
