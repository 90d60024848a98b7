import type { CommandContext } from '../context/command.js'
import { CommandError, usageError } from '../lib/command-error.js'
import type { LoginPlace } from '../oauth/login-document.js'
import { isLogin, type LoginDefinition } from '../oauth/open-oauth.js'
import type { Choice } from './choose-provider.js'
import { decideTarget, labelOf } from './resolve-target.js'
import type { Target } from './target.js'

/** A provider whose user logs in. */
export interface LoginTarget {
  readonly choice: Choice
  readonly open: NonNullable<Target['open']>
  readonly place: LoginPlace
  readonly remarks: readonly string[]
}

/** The provider that NAME of a command line means: else the default, or the only one. @throws CommandError */
export async function loginTarget(context: CommandContext): Promise<LoginTarget> {
  const [name, ...more] = context.args.positionals
  if (more.length > 0) throw usageError('Name one provider: remove the other arguments')
  const args = { ...context.args, provider: name }
  const { choice, open, login: place, remarks } = await decideTarget('', { ...context, args })
  const { kind, grant } = choice.definition
  if (kind !== 'oauth' || !open || !place) {
    throw loginProblem(
      `${labelOf(choice)} is of kind ${kind}, which has no login. Name a provider of kind oauth in outbound-auth.toml`,
    )
  }
  if (!isLogin(choice.definition)) {
    throw loginProblem(
      `${labelOf(choice)} gets its tokens with the grant ${grant ?? 'client-credentials'}, which needs no login. To log in as a user, write grant = "authorization-code" or grant = "device-code"`,
    )
  }
  return { choice, open, place, remarks }
}

function loginProblem(message: string): CommandError {
  return new CommandError(message, { class: 'config', code: 'ERR_CLI_PROVIDER' })
}

/** The options of the provider, with its secrets. @throws AuthError when a secret cannot be found */
export async function optionsOf({ open }: Pick<LoginTarget, 'open'>): Promise<LoginDefinition> {
  let options: LoginDefinition | undefined
  await open((captured) => {
    options = captured.options as unknown as LoginDefinition
  })
  return options as LoginDefinition
}
