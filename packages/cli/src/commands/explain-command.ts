import { createExchange } from '@outbound-auth/core/exchange'
import type { ResolvedAuth, SelectionStep } from '@outbound-auth/resolver'
import { configRequest, findConfig } from '../config/load-config.js'
import type { CommandContext } from '../context/command.js'
import { usageError } from '../lib/command-error.js'
import type { OauthDescription } from '../oauth/describe-oauth.js'
import type { LoginPlace } from '../oauth/login-document.js'
import { redactUrl } from '../request/redact-request.js'
import { type Choice, ChoiceError } from '../target/choose-provider.js'
import { decideTarget, labelOf } from '../target/resolve-target.js'
import { questionOf, readStored } from '../token/stored-credential.js'

/** The parts of an explanation in the order of their making. An error may come after each part. */
interface Explanation {
  trace: readonly SelectionStep[]
  remarks?: readonly string[]
  choice?: Choice
  url?: string
  oauth?: OauthDescription | undefined
  resolved?: ResolvedAuth
}

/** `outbound-auth explain URL|PATH`: the decision and each rule that was passed over, also without a decision. */
export async function explainCommand(context: CommandContext): Promise<number> {
  const { args, output } = context
  const [target, ...more] = args.positionals
  if (!target || more.length > 0) throw usageError('explain takes one URL or path')
  const known: Explanation = { trace: [] }
  let failure: unknown
  try {
    const {
      choice,
      trace,
      remarks,
      prospects = [],
      isOffline,
      resolve,
      definition,
      login,
    } = await decideTarget(target, context, { isDescribed: true })
    Object.assign(known, { choice, trace, remarks: [...remarks, ...prospects] })
    if (definition) known.oauth = await oauthOf(target, definition, login, context)
    if (isOffline) {
      const { url, resolved, remarks: later = [] } = await resolve()
      Object.assign(known, { url, resolved, remarks: [...remarks, ...prospects, ...later] })
      createExchange(resolved, { allowInsecureTransport: args.allowInsecureTransport }).admits(url)
    }
  } catch (error) {
    failure = error
    if (error instanceof ChoiceError) known.trace = error.trace
  }
  if (known.trace.length > 0)
    await (args.json ? output.writeJson(toJson(known)) : output.writeLines(await toLines(known)))
  if (failure !== undefined) throw failure
  return 0
}

/** The grant of a definition, and when the token of an earlier `outbound-auth token` expires. */
async function oauthOf(
  target: string,
  definition: Readonly<Record<string, unknown>>,
  login: LoginPlace | undefined,
  context: CommandContext,
): Promise<OauthDescription | undefined> {
  if (definition['kind'] !== 'oauth' && definition['kind'] !== 'dpop') return undefined
  const { describeOauth } = await import('../oauth/describe-oauth.js')
  const found = (await findConfig(await configRequest(context, true))) ?? null
  const kept = await readStored(await questionOf(context, found, target))
  return describeOauth(definition, login, kept?.credential.expiresAt)
}

function toJson({ trace, remarks = [], choice, url, oauth, resolved }: Explanation): object {
  const decision = resolved && {
    url: url && redactUrl(url, resolved),
    kind: resolved.kind,
    reason: resolved.reason,
    headerNames: resolved.provider.headerNames,
    queryNames: resolved.provider.queryNames ?? [],
    allowedOrigins: resolved.allowedOrigins,
  }
  const chosen = choice && { provider: choice.name, place: choice.place, warning: choice.warning }
  return {
    ...chosen,
    ...decision,
    ...(oauth && { oauth }),
    ...(remarks.length > 0 && { notes: remarks }),
    trace,
  }
}

async function toLines({
  trace,
  remarks = [],
  choice,
  url,
  oauth,
  resolved,
}: Explanation): Promise<string[]> {
  const lines: string[] = []
  if (url && resolved) lines.push(`URL       ${redactUrl(url, resolved)}`)
  if (choice) lines.push(`Provider  ${labelOf(choice)}`)
  if (resolved) {
    const { headerNames, queryNames = [] } = resolved.provider
    const places = [...headerNames, ...queryNames.map((name) => `?${name}`)]
    lines.push(`Reason    ${resolved.reason}`, `Carries   ${places.join(', ') || 'no credential'}`)
    lines.push(`Goes to   ${resolved.allowedOrigins.join(', ') || 'no origin'}`)
  }
  if (oauth) lines.push(...(await import('../oauth/describe-oauth.js')).oauthLines(oauth))
  for (const note of remarks) lines.push(`Note      ${note}`)
  if (lines.length > 0) lines.push('')
  for (const { rule, outcome, because } of trace) {
    lines.push(`${outcome === 'chosen' ? 'chosen     ' : 'passed over'}  ${rule}: ${because}`)
  }
  return lines
}
