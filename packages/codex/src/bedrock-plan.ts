import type { AuthSelection, SelectableDefinition } from '@outbound-auth/resolver'
import { configError } from './codex-error.js'
import type { CodexContext } from './codex-plan.js'
import type { ModelProvider } from './model-provider.js'
import { commandOf, type staticsOf } from './provider-definition.js'
import type { FoundLogin } from './read-login.js'

export async function bedrockPlan(
  provider: ModelProvider,
  statics: ReturnType<typeof staticsOf>,
  context: CodexContext,
  find: () => Promise<FoundLogin | undefined>,
): Promise<{ readonly selection: AuthSelection; readonly definition: SelectableDefinition }> {
  void [statics, context, find, commandOf]
  throw configError(provider.place, 'not yet')
}
