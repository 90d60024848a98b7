// Prevents the mistake of a service's page that names a header or an address which the preset does not have: each page
// is made of the preset itself.
import { presetName, presets } from '../../packages/resolver/dist/presets.js'

/** The names of services whose preset has another key. A new preset is shown by its key until it is here. */
const names = {
  openai: 'OpenAI',
  azureOpenai: 'Azure OpenAI with a key',
  gemini: 'Gemini',
  openrouter: 'OpenRouter',
  xai: 'xAI',
  deepseek: 'DeepSeek',
  githubModels: 'GitHub Models',
  vertex: 'Vertex AI',
  huggingFace: 'Hugging Face',
  lmStudio: 'LM Studio',
  cloudflareAiGateway: 'Cloudflare AI Gateway',
  openaiCompatible: 'OpenAI-compatible gateways',
  githubActionsAnthropic: 'Anthropic from GitHub Actions',
  kubernetesOpenai: 'OpenAI from Kubernetes',
  githubActionsBedrock: 'Amazon Bedrock from GitHub Actions',
  gcpVertex: 'Vertex AI from Google Cloud',
}

/** The address of a list of models, where it is not `/models` below the base URL. */
const lists = {
  anthropic: 'https://api.anthropic.com/v1/models',
  gemini: 'https://generativelanguage.googleapis.com/v1beta/models',
  githubModels: 'https://models.github.ai/catalog/models',
}

/** One page for each preset. @param {readonly import('./api/read-api.mjs').ApiSymbol[]} symbols */
export function readServices(symbols) {
  const docs = new Map(
    symbols.find(({ name }) => name === 'Presets')?.members.map((each) => [each.name, each.doc]),
  )
  return Object.entries(presets).map(([key, preset]) => {
    const name = names[key] ?? key.charAt(0).toUpperCase() + key.slice(1)
    return {
      path: `/services/${presetName(key)}`,
      name,
      text: renderService(key, preset, name, docs.get(key)),
    }
  })
}

function renderService(key, preset, name, doc) {
  const { kind, baseUrl, header, prefix = '', headers = {} } = preset
  const url = lists[key] ?? `${baseUrl ?? 'https://gateway.example.com/v1'}/models`
  const reference = preset.token ?? preset.key
  const rows = [
    ['provider', factories[kind] ?? `[${kind}](/packages/${kind})`],
    ['header', kind === 'bearer' ? '`authorization: Bearer …`' : header && `\`${header}: ${prefix}…\``],
    ['variable', reference && `\`${reference.env}\``],
    ['base URL', baseUrl ? `\`${baseUrl}\`` : 'your own'],
    ['also sent', Object.entries(headers).map(staticHeader).join('<br>')],
  ].filter(([, value]) => value)
  const lines = [`# ${name}`, '', doc?.text ?? '', '', '| | |', '|---|---|']
  lines.push(...rows.map(([title, value]) => `| ${title} | ${value} |`), '')
  if (!Object.hasOwn(factories, kind)) {
    // A preset that needs more than a key is shown where its provider is explained.
    lines.push(`[${kind}](/packages/${kind}) shows how it is used, and which options it needs.`, '')
    return [...lines, ...references(doc)].join('\n')
  }
  lines.push('## In code', '', '```ts', direct(preset, url), '```', '')
  if (kind !== 'none')
    lines.push(
      'Many requests may share `fetch`. A key that changes is given as a function: see [tokens](/packages/bearer#how-long-a-token-is-kept).',
      '',
    )
  lines.push('## Chosen by configuration', '', '```ts', chosen(key, preset), '```', '')
  if (baseUrl) lines.push('## From the command line', '', '```sh', request(url), '```', '')
  lines.push('To use an SDK, pass `fetch` to it: see [clients](/clients/).', '')
  return [...lines, ...references(doc)].join('\n')
}

function references(doc) {
  const see = doc?.tags.filter((tag) => tag.name === 'see') ?? []
  return see.length === 0 ? [] : ['## See', '', ...see.map(({ text }) => `- <${text}>`), '']
}

/** The kinds of presets that need no more than a key. */
const factories = {
  bearer: '[`bearerAuth`](/api/bearer/bearerAuth)',
  'api-key': '[`apiKeyAuth`](/api/api-key/apiKeyAuth)',
  none: '[`noAuth`](/api/core/noAuth)',
}

const staticHeader = ([name, value]) =>
  typeof value === 'string' ? `\`${name}: ${value}\`` : `\`${name}\` from \`${value.env}\`, if it is set`

const request = (url) => `npx @outbound-auth/cli request ${url}`

function direct({ kind, token, key, header, prefix, headers = {}, reason }, url) {
  const env = (token ?? key)?.env ?? 'GATEWAY_TOKEN'
  const secret = `process.env['${env}'] ?? ''`
  const [name, call] = {
    bearer: ['bearer', `bearerAuth({ token: ${secret} })`],
    'api-key': [
      'api-key',
      `apiKeyAuth({ key: ${secret}, header: '${header}'${prefix ? `, prefix: '${prefix}'` : ''} })`,
    ],
    none: ['core', `noAuth({ reason: '${reason}' })`],
  }[kind]
  const factory = call.slice(0, call.indexOf('('))
  const fixed = Object.entries(headers).filter(([, value]) => typeof value === 'string')
  const init = fixed.length
    ? `, {\n  headers: { ${fixed.map(([header, value]) => `'${header}': '${value}'`).join(', ')} },\n}`
    : ''
  return [
    `import { ${factory} } from '@outbound-auth/${name}'`,
    "import { authFetch } from '@outbound-auth/fetch'",
    '',
    `const auth = ${call}`,
    `const fetch = authFetch(auth, { allowedOrigins: ['${new URL(url).origin}'] })`,
    `const response = await fetch('${url}'${init})`,
  ].join('\n')
}

function chosen(key, { kind, baseUrl, token, key: secret }) {
  const added = [
    baseUrl ? '' : ", baseUrl: 'https://gateway.example.com/v1'",
    kind === 'none' || token || secret ? '' : ", token: { env: 'GATEWAY_TOKEN' }",
  ].join('')
  const definition = added ? `{ ...presets.${key}${added} }` : `presets.${key}`
  const [from, factory] =
    { bearer: ['bearer', 'bearerAuth'], 'api-key': ['api-key', 'apiKeyAuth'] }[kind] ?? []
  const given = factory ? `{ ${/\W/.test(kind) ? `'${kind}'` : kind}: ${factory} }` : '{}'
  return [
    ...(factory ? [`import { ${factory} } from '@outbound-auth/${from}'`] : []),
    "import { authFetch } from '@outbound-auth/fetch'",
    "import { createResolver } from '@outbound-auth/resolver'",
    "import { presets } from '@outbound-auth/resolver/presets'",
    '',
    `const resolver = createResolver(${given})`,
    `const auth = await resolver.resolve(${definition})`,
    'const fetch = authFetch(auth) // with the base URL, the headers and the allowed origin of the preset',
  ].join('\n')
}
