import type { AuthBody, AuthProvider, AuthRequest } from '../contract/auth-provider.js'
import { getQueryParameter } from '../lib/query-parameter.js'
import {
  type AuthProviderCheck,
  applyOnce,
  type CheckAuthProviderOptions,
  credentialIn,
  newProvider,
  newRequest,
} from './provider-check.js'
import { demand } from './verdict/check-failure.js'

/** @internal What one application does to a request, and what it leaves alone. */
export function requestChecks(options: CheckAuthProviderOptions): AuthProviderCheck[] {
  return [
    presenceCheck(options),
    otherHeadersCheck(options),
    urlCheck(options),
    methodCheck(options),
    bodyCheck(options),
    signedBodyCheck(options),
  ]
}

function presenceCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'authenticates every request: it carries the first header, or a query parameter, that is declared',
    async run() {
      const provider = await newProvider(options)
      const { headerNames, queryNames = [] } = provider
      if (headerNames.length + queryNames.length === 0) return
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE']) {
        const request = newRequest(options, ({ body }) =>
          method === 'POST' || method === 'PUT' ? { method, body } : { method, body: undefined },
        )
        const applied = await applyOnce(provider, request)
        const first = headerNames[0] === undefined ? null : applied.headers.get(headerNames[0])
        const inQuery = queryNames.some((name) => getQueryParameter(applied.url, name))
        demand(
          !!first || inQuery,
          'a credential on the request',
          `a ${method} came back with none and without an error`,
          'A request is authenticated or not sent; it never goes out bare.',
        )
      }
    },
  }
}

function otherHeadersCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'changes no header but those that it declares',
    async run() {
      const provider = await newProvider(options)
      const { headerNames, mergedHeaderNames = [] } = provider
      const declared = new Set([...headerNames, ...mergedHeaderNames].map((name) => name.toLowerCase()))
      const others = ({ headers }: AuthRequest) => {
        return JSON.stringify([...headers].filter(([name]) => !declared.has(name)).sort())
      }
      const withCallers = (request: AuthRequest) => {
        request.headers.set('x-caller-header', "the caller's own")
        return request
      }
      const request = newRequest(options, withCallers)
      const before = others(request)
      const applied = await applyOnce(provider, request)
      const why = 'What is not declared is neither redacted nor kept from a redirect.'
      demand(others(applied) === before, 'the other headers as they were', 'applyAuth changed one', why)
      const synchronous = newRequest(options, withCallers)
      provider.addAuthHeaders(synchronous.headers)
      const isKept = others(synchronous) === before
      demand(isKept, 'the other headers as they were', 'addAuthHeaders() changed one', why)
    },
  }
}

function urlCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'changes nothing of the URL but the query parameters that it declares',
    async run() {
      const provider = await newProvider(options)
      const request = newRequest(options)
      const before = bareUrl(provider, request.url)
      const applied = await applyOnce(provider, request)
      demand(
        bareUrl(provider, applied.url) === before,
        'the URL with the same bytes',
        'it changed',
        'The credential belongs to this origin, and servers verify signatures over the bytes of path and query.',
      )
    },
  }
}

function methodCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'keeps the method',
    async run() {
      const provider = await newProvider(options)
      const request = newRequest(options, () => ({ method: 'PATCH' }))
      const applied = await applyOnce(provider, request)
      const why = 'The caller decides what a request does.'
      demand(applied.method === 'PATCH', 'method PATCH', 'it changed', why)
    },
  }
}

function bodyCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'hands on the body as it is, and reads none that it did not ask for',
    async run() {
      const provider = await newProvider(options)
      const bodies = provider.requiresBody ? finalBodies() : [...finalBodies(), ...callersBodies()]
      for (const body of bodies) {
        const what = body.constructor.name
        const bytes = body instanceof Uint8Array ? body.slice() : undefined
        const request = newRequest(options, () => ({ body }))
        const applied = await applyOnce(provider, request)
        const why = 'Bodies stream, and can be large or read only once.'
        demand(applied.body === body, `the caller's ${what}`, 'another body came back', why)
        if (body instanceof ReadableStream) {
          demand(!body.locked, 'a stream that is not locked', 'it is', why)
          const { value } = await body.getReader().read()
          demand(value?.length === 3, 'a stream that was not read', 'it was', why)
        }
        const isSame = bytes === undefined || `${bytes}` === `${body}`
        demand(isSame, 'the same bytes', 'they changed', 'What was signed must be what is sent.')
      }
    },
  }
}

function signedBodyCheck(options: CheckAuthProviderOptions): AuthProviderCheck {
  return {
    name: 'signs the body, if it requires that: another body gives another credential',
    async run() {
      const provider = await newProvider(options)
      if (!provider.requiresBody) return
      const [first, second] = await Promise.all(
        ['{"count":1}', '{"count":2}'].map(async (body) => {
          const applied = await applyOnce(
            provider,
            newRequest(options, () => ({ method: 'POST', body })),
          )
          return JSON.stringify([...credentialIn(provider, applied)])
        }),
      )
      const why = 'Who may change the body of a signed request can send what nobody signed.'
      demand(first !== second, 'two credentials for two bodies', 'they are the same', why)
    },
  }
}

/** The bytes of a URL without the declared parameters and the fragment, which is never sent. */
function bareUrl({ queryNames = [] }: AuthProvider, url: string): string {
  const [target = ''] = url.split('#', 1)
  const [path = '', ...query] = target.split('?')
  const pairs = query.join('?').split('&')
  return [path, ...pairs.filter((pair) => !queryNames.includes(decode(pair)))].join('&')
}

function decode(pair: string): string {
  const [name = ''] = pair.split('=', 1)
  return new URLSearchParams(`&${name}=`).keys().next().value ?? ''
}

function finalBodies(): AuthBody[] {
  return ['{"count":2}', new Uint8Array([1, 2, 3])]
}

function callersBodies(): AuthBody[] {
  const form = new FormData()
  form.set('field', 'value')
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new Uint8Array([1, 2, 3]))
      controller.close()
    },
  })
  return [new URLSearchParams({ field: 'value' }), new Blob(['text']), form, stream]
}
