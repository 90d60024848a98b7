import { checkOptions } from '@outbound-auth/core/provider'
import { readSharedProfile } from './read-shared-profile.js'
import { sharedFiles } from './shared-files.js'

/** Options of {@link awsRegion}. */
export interface AwsRegionOptions {
  /** The name of a profile in the shared files. @default AWS_PROFILE, else `default` */
  readonly profile?: string | undefined
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/**
 * The region of a profile in the shared AWS files; undefined if the files or the profile name no region. `AWS_REGION`
 * and `AWS_DEFAULT_REGION` are not read.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */
export async function awsRegion(options: AwsRegionOptions = {}): Promise<string | undefined> {
  const checked = checkOptions('awsRegion', options, ['profile', 'env'])
  const { env = process.env } = checked
  const profile = checked.profile ?? (env['AWS_PROFILE']?.trim() || 'default')
  return (await readSharedProfile(profile, sharedFiles(env)))?.['region']
}
