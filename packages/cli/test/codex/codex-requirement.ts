import type { RawRecording, RecordedRequest, RequiredRequest, Requirement } from './recorded-scenario.js'

/** Requests to login servers; all others, beside the request itself, are side calls. */
const authClasses = /^(token-refresh|agent-register|agent-task-register|jwks|whoami)$/
const credential = /^(authorization|cookie|chatgpt-account-id|x-openai-fedramp|x-gateway-.*)$/

/** Where ours is another one on purpose, with the id of its row in `docs/codex-differences.md`. */
export const deviations: Readonly<Record<string, Partial<Requirement>>> = {
  // The client sends the request without a credential.
  'x-auth-mode-case': { mode: 'must-fail', deliberate: ['credential-not-loaded'] },
  'x-dotenv-codex': { mode: 'must-fail', deliberate: ['no-login'] },
  'x-project-config': { mode: 'must-fail', deliberate: ['no-login', 'project-config'] },
  // It opens a browser, and waits.
  'x-gateway-oauth': { mode: 'must-fail', deliberate: ['gateway-login'] },
  'x-wif-src-spiffe': { deliberate: ['spiffe'] },
  // It sends the whole JSON as the token.
  'x-gateway-json': {
    mode: 'may-fail',
    deliberate: ['command-json'],
    model_requests: [
      {
        method: 'POST',
        url: '{{MOCK}}/v1/responses',
        auth_headers: { authorization: 'Bearer sk-lab', 'x-gateway-auth': 'Bearer gw-json' },
        status: 200,
      },
    ],
  },
}

/** The requests that the recording of a scenario requires of our command. */
export function requirementOf(recording: RawRecording): Requirement {
  const { scenario, requests, exit_code: exitCode } = recording
  const own = deviations[scenario] ?? {}
  const isOk = exitCode === 0
  const sent = requests.filter((request) => request.class === 'model')
  const required: Requirement = {
    mode: 'normal',
    deliberate: [],
    outcome: isOk ? 'ok' : 'error',
    error_class: null,
    // One try only.
    model_requests: (isOk ? sent : sent.slice(0, 1)).map(requiredOf),
    auth_calls: requests.filter((request) => authClasses.test(request.class)).map(requiredOf),
  }
  const whole = { ...required, ...own }
  return whole.mode === 'must-fail' ? { ...whole, outcome: 'error', model_requests: [] } : whole
}

function requiredOf({
  class: of,
  method,
  host,
  target,
  headers,
  body,
  response,
}: RecordedRequest): RequiredRequest {
  return {
    class: of,
    method,
    url: host === undefined ? `{{MOCK}}${target}` : `https://${host}${target}`,
    auth_headers: Object.fromEntries(headers.filter(([name]) => credential.test(name.toLowerCase()))),
    status: response.status,
    ...(of !== 'model' && body?.text !== undefined && { body: body.text }),
  }
}
