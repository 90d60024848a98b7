import { AuthError } from '@outbound-auth/core'

/** @internal */
export async function readFile(): Promise<never> {
  throw AuthError.build('This runtime has no files for { file } to name; pass readFile to createResolver', {
    code: 'ERR_AUTH_UNSUPPORTED',
  })
}

/** @internal */
export async function runCommand(): Promise<never> {
  throw AuthError.build(
    'This runtime has no commands for { command } to run; pass runCommand to createResolver',
    {
      code: 'ERR_AUTH_UNSUPPORTED',
    },
  )
}
