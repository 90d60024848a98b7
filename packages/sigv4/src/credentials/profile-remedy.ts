import { readSharedProfile, type SharedProfile } from './read-shared-profile.js'
import type { SharedFiles } from './shared-files.js'

/**
 * @internal Says why a profile of the shared AWS files has no credentials, and what to do. It reads the settings of the
 * profile, because the errors of the chain differ only in their messages.
 */
export async function profileRemedy(profile: string, files: SharedFiles): Promise<string> {
  const settings = await readSharedProfile(profile, files)
  if (!settings) return missingProfile(profile, files)
  const remedy = loginRemedy(profile, settings)
  if (remedy) return remedy
  if ('role_arn' in settings) return roleRemedy(profile, settings, files)
  if ('aws_access_key_id' in settings !== 'aws_secret_access_key' in settings) {
    const missing = 'aws_access_key_id' in settings ? 'aws_secret_access_key' : 'aws_access_key_id'
    return `profile ${profile} lacks ${missing}; run: aws configure${optionFor(profile)}`
  }
  if ('aws_access_key_id' in settings) return `profile ${profile} has keys that cannot be read`
  return `profile ${profile} has neither keys nor a login; run: aws configure${optionFor(profile)}`
}

function missingProfile(profile: string, { credentials, config }: SharedFiles): string {
  const where = `there is no profile ${profile} in ${config} or ${credentials}`
  return profile === 'default'
    ? `the environment has no keys, and ${where}; run: aws configure, or set AWS_PROFILE`
    : `${where}; correct the name, or run: aws configure${optionFor(profile)}`
}

/** For a profile with a login or a command. */
function loginRemedy(profile: string, settings: SharedProfile): string | undefined {
  if ('sso_session' in settings || 'sso_start_url' in settings)
    return `the SSO login of profile ${profile} has expired, or there was none; run: aws sso login${optionFor(profile)}`
  if ('login_session' in settings)
    return `the login of profile ${profile} has expired, or there was none; run: aws login${optionFor(profile)}`
  if ('credential_process' in settings)
    return `the credential_process of profile ${profile} failed; run that command by hand to see why`
  return undefined
}

/** For a profile that assumes a role with other credentials. */
async function roleRemedy(profile: string, settings: SharedProfile, files: SharedFiles): Promise<string> {
  const what = `the role of profile ${profile} could not be assumed`
  if ('web_identity_token_file' in settings) return `${what}; check its web_identity_token_file`
  if ('credential_source' in settings)
    return `${what}; check that ${settings['credential_source']} gives credentials on this machine`
  const source = settings['source_profile']
  if (!source) return `${what}: it names no source_profile`
  const sourceSettings = await readSharedProfile(source, files)
  if (!sourceSettings) return `${what}: ${missingProfile(source, files)}`
  return `${what}: ${loginRemedy(source, sourceSettings) ?? `check that profile ${source} may assume it`}`
}

function optionFor(profile: string): string {
  return profile === 'default' ? '' : ` --profile ${profile}`
}
