import { AuthError } from '../contract/auth-error.js'
import type { AuthEvent } from '../contract/auth-observer.js'
import type { AuthProvider, AuthRequest } from '../contract/auth-provider.js'
import { createHeaderMap } from '../contract/header-map.js'
import { createExchange } from '../exchange/index.js'
import { pause } from '../host/pause.js'
import {
  type AuthProviderCheck,
  applyOnce,
  type CheckAuthProviderOptions,
  credentialIn,
  newRequest,
} from './provider-check.js'
import { refusal } from './recovery-checks.js'
import { demand, describeError, type Outcome, outcomeOf } from './verdict/check-failure.js'
import { fail, foreignError, misconfigured, outage } from './verdict/failing-source.js'
import { findSecret } from './verdict/find-secret.js'

interface Sending extends Outcome<string> {
  readonly applies: number
  readonly sends: number
}

/** The tools of each check of a source. */
interface SourceKit {
  readonly options: CheckAuthProviderOptions
  readonly secret: string
  readonly renewed: string
  create(source: () => Promise<string>, events?: AuthEvent[]): AuthProvider | Promise<AuthProvider>
}

/** @internal What a provider makes of a source that fails, hangs or is asked by many. */
export function sourceChecks(
  createFromSource: NonNullable<CheckAuthProviderOptions['createFromSource']>,
  options: CheckAuthProviderOptions,
): AuthProviderCheck[] {
  const [secret = '', renewed = secret] = options.secrets
  const create: SourceKit['create'] = (source, events = []) => {
    return createFromSource(source, { observer: (event) => events.push(event) })
  }
  const kit = { options, secret, renewed, create }
  return [
    outageCheck(kit),
    finalErrorCheck(kit),
    lastingOutageCheck(kit),
    foreignErrorCheck(kit),
    foreignTextCheck(kit),
    callersAbortCheck(kit),
    otherCallersCheck(kit),
    oneRenewalCheck(kit),
  ]
}

function outageCheck(kit: SourceKit): AuthProviderCheck {
  const { secret } = kit
  return {
    name: 'is applied once more after a transient failure of its source: two applications, one send',
    async run() {
      let isDown = true
      const { applies, sends } = await send(kit, async () => {
        if (isDown) {
          isDown = false
          throw outage()
        }
        return secret
      })
      const seen = `there were ${applies} and ${sends}`
      const why = 'A short outage should cost a moment, and not the request.'
      demand(applies === 2 && sends === 1, 'two applications and one send', seen, why)
    },
  }
}

function finalErrorCheck(kit: SourceKit): AuthProviderCheck {
  return {
    name: 'is applied once when its source has failed for good: one application, no send',
    async run() {
      const { applies, sends, error } = await send(kit, fail(misconfigured()))
      const seen = `there were ${applies} and ${sends}`
      const why = 'What only a human can mend is told at once, in the words of who knows it.'
      demand(applies === 1 && sends === 0, 'one application and no send', seen, why)
      const isSame = AuthError.is(error) && error.code === misconfigured().code
      demand(isSame, "the source's own AuthError", `there was ${describeError(error)}`, why, error)
    },
  }
}

function lastingOutageCheck({ create, options }: SourceKit): AuthProviderCheck {
  return {
    name: 'returns no request while its source keeps failing',
    async run() {
      const provider = await create(fail(outage()))
      for (let application = 1; application <= 3; application++) {
        const { hasFailed, error } = await outcomeOf(() => applyOnce(provider, newRequest(options)))
        const why = 'A request is authenticated or not sent; it never goes out bare.'
        demand(hasFailed, 'an AuthError each time', `application ${application} gave a request`, why)
        demand(AuthError.is(error), 'an AuthError', `there was ${describeError(error)}`, why, error)
      }
    },
  }
}

function foreignErrorCheck({ create, options, secret }: SourceKit): AuthProviderCheck {
  return {
    name: 'makes an AuthError of a foreign error of its source',
    async run() {
      const { error } = await outcomeOf(async () =>
        applyDirectly(options, await create(fail(foreignError(secret)))),
      )
      const why = 'Callers decide by kind and code whether to try again.'
      demand(AuthError.is(error), 'an AuthError', `there was ${describeError(error)}`, why, error)
    },
  }
}

function foreignTextCheck({ create, options, secret }: SourceKit): AuthProviderCheck {
  return {
    name: 'keeps what a foreign error says out of its own error and events',
    async run() {
      const events: AuthEvent[] = []
      const provider = await create(fail(foreignError(secret)), events)
      const { error } = await outcomeOf(() => applyDirectly(options, provider))
      const visible = AuthError.is(error) ? [error, events] : [events]
      const found = findSecret(visible, options.secrets)
      const why = 'Errors of HTTP clients quote requests, with the credential in them.'
      demand(found === undefined, 'no secret', `there is ${found}`, why)
    },
  }
}

function callersAbortCheck(kit: SourceKit): AuthProviderCheck {
  return {
    name: "ends the wait of a caller that aborts, at once and with the signal's reason",
    async run() {
      const { aborted, reason } = await abortOneOfTwo(kit)
      const why = 'A caller that gave up should not wait for a login, and tells its abort by the reason.'
      demand(aborted !== undefined, 'a rejection at once', 'it still waited after half a second', why)
      const seen = aborted.hasFailed ? `there was ${describeError(aborted.error)}` : 'it went on'
      demand(aborted.error === reason, "the signal's reason", seen, why, aborted.error)
    },
  }
}

function otherCallersCheck(kit: SourceKit): AuthProviderCheck {
  return {
    name: 'serves the other callers when one of them aborts',
    async run() {
      const { other, provider } = await abortOneOfTwo(kit)
      const found = other.value && credentialIn(provider, other.value).size > 0
      const seen = other.hasFailed ? `there was ${describeError(other.error)}` : 'there was no credential'
      const why = 'Callers share one call of the source; no one of them may end it.'
      demand(found === true, 'a credential for the other caller', seen, why, other.error)
    },
  }
}

function oneRenewalCheck({ create, options, secret, renewed }: SourceKit): AuthProviderCheck {
  return {
    name: 'recover() asks its source once for all refusals of one credential',
    async run() {
      let calls = 0
      const provider = await create(async () => {
        calls += 1
        return calls > 1 ? renewed : secret
      })
      const applied = await applyOnce(provider, newRequest(options))
      const before = calls
      const recover = () => outcomeOf(() => provider.recover?.(refusal(provider, applied, 0)))
      await Promise.all(Array.from({ length: 20 }, recover))
      // With another credential at hand, a late rejection of the first credential changes nothing.
      if (renewed !== secret) await recover()
      demand(
        calls - before <= 1,
        'one call of the source',
        `there were ${calls - before}`,
        'When a token dies, all requests in flight are refused, over seconds; a rotating token survives one renewal.',
      )
    },
  }
}

/** Sends one request through the engine, and counts. */
async function send({ create, options }: SourceKit, source: () => Promise<string>): Promise<Sending> {
  const provider = await create(source)
  let applies = 0
  let sends = 0
  const counted: AuthProvider = {
    kind: provider.kind,
    headerNames: provider.headerNames,
    queryNames: provider.queryNames,
    requiresBody: provider.requiresBody,
    addAuthHeaders: (headers) => provider.addAuthHeaders(headers),
    applyAuth(request, applyOptions) {
      applies += 1
      return applyOnce(provider, request, applyOptions)
    },
  }
  const request = newRequest(options)
  const exchange = createExchange(counted, {
    allowedOrigins: [new URL(request.url).origin],
    allowInsecureTransport: true,
  })
  const outcome = await outcomeOf(() =>
    exchange.send(request, {
      send: async () => `${++sends}`,
      status: () => 200,
      headers: () => createHeaderMap(),
      readBody: async () => '',
      discard() {},
    }),
  )
  return { ...outcome, applies, sends }
}

/** Without the guard of core's `applyAuth`, which would hide what the provider does. */
async function applyDirectly(
  options: CheckAuthProviderOptions,
  provider: AuthProvider,
  signal?: AbortSignal,
): Promise<AuthRequest> {
  const request = newRequest(options)
  return provider.applyAuth ? provider.applyAuth(request, { signal }) : applyOnce(provider, request)
}

async function abortOneOfTwo({ create, options, secret }: SourceKit) {
  let answer = () => {}
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  const provider = await create(async () => {
    await answered
    return secret
  })
  const reason = new Error('The caller gave up')
  const controller = new AbortController()
  let aborted: Outcome<unknown> | undefined
  const first = outcomeOf(() => applyDirectly(options, provider, controller.signal)).then((outcome) => {
    aborted ??= outcome
  })
  const second = outcomeOf(() => applyDirectly(options, provider))
  await pause(1)
  controller.abort(reason)
  for (let turn = 0; turn < 50 && aborted === undefined; turn++) await pause(10)
  const atOnce = aborted
  answer()
  await first
  return { aborted: atOnce, reason, other: await second, provider }
}
