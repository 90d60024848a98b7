import type { AuthProvider } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { formBody } from '../../src/body/form-body.js'
import { authFetch, type FetchOption } from '../../src/index.js'

const auth: AuthProvider = {
  kind: 'test',
  headerNames: ['x-key'],
  addAuthHeaders: (headers) => headers.set('x-key', 'k'),
}

/** The body that a transport of another class of forms gets. */
async function sentBody(body: object, whileSending = () => {}): Promise<unknown> {
  let sent: unknown
  const transport = (async (_: string, init: RequestInit) => {
    sent = init.body
    return new Response()
  }) as FetchOption
  const fetch = authFetch(auth, { allowedOrigins: ['https://a.example'], fetch: transport })
  const sending = fetch('https://a.example', { method: 'POST', body: body as FormData })
  whileSending()
  await sending
  return sent
}

/** A form of a class of its own, as the packages of npm have them. */
class OtherForm {
  readonly list: [string, unknown][] = []
  append(name: string, value: unknown) {
    this.list.push([name, value])
  }
  getAll(name: string) {
    return this.list.filter(([other]) => other === name)
  }
  *entries() {
    yield* this.list
  }
  [Symbol.iterator]() {
    return this.entries()
  }
  get [Symbol.toStringTag]() {
    return 'FormData'
  }
}

/** Fills a form with entries. */
function filled<F extends OtherForm>(form: F, ...entries: [string, unknown][]): F {
  form.list.push(...entries)
  return form
}

it('authFetch() copies a form of another class before it sends', async () => {
  const form = filled(new OtherForm(), ['a', '1'], ['b', new Blob(['2'])])
  const sent = await sentBody(form, () => form.append('late', '3'))
  expect(sent).toBeInstanceOf(OtherForm)
  expect(sent).not.toBe(form)
  expect((sent as OtherForm).list.map(([name]) => name)).toEqual(['a', 'b'])
})

it.each<[string, [string, unknown][]]>([
  ['a number', [['a', 5]]],
  [
    'a string and a number',
    [
      ['a', 'text'],
      ['b', 5],
    ],
  ],
])(
  'authFetch() sends a form with %s as it is, because a copy would hold another value',
  async (_, entries) => {
    const form = filled(new OtherForm(), ...entries)
    expect(await sentBody(form)).toBe(form)
  },
)

it('authFetch() sends a form as it is when its class drops entries of a copy', async () => {
  class ClosedForm extends OtherForm {
    override append() {}
  }
  const form = filled(new ClosedForm(), ['a', '1'])
  expect(await sentBody(form)).toBe(form)
})

it('authFetch() copies the bytes of a form that writes itself', async () => {
  const bytes = new TextEncoder().encode('written')
  const form = {
    getBuffer: () => bytes,
    getHeaders: () => ({ 'content-type': 'a/b' }),
    getBoundary: () => 'x',
  }
  const sent = await sentBody(Object.assign(form, { append() {}, pipe() {} }), () => bytes.fill(0))
  expect(new TextDecoder().decode(sent as Uint8Array)).toBe('written')
})

it.each<[string, object]>([
  ['a Response', new Response('text')],
  ['a form that holds a stream', { getBuffer() {}, getHeaders: () => ({}), pipe() {} }],
])('formBody() leaves %s as it is for the fetch of the platform', async (_, body) => {
  expect(await formBody(body, {}, { isPlatform: true, isWhole: false })).toStrictEqual({ body })
})
