import { encodeStrictly } from '../canonical/canonical-path.js'
import { sortedQuery } from '../canonical/canonical-query.js'
import type { SigningPlan } from '../options/signing-options.js'
import { algorithm, type QueryForm } from './signing.js'
import type { SigningKey } from './signing-key.js'

/** @internal A signature in the query. */
export function queryForm(expiresInSeconds: number): QueryForm {
  return {
    addParameters(query, plan, key, signedHeaders) {
      const token = plan.sessionToken === 'signed' ? tokenParameter(plan, key) : ''
      const added =
        `X-Amz-Algorithm=${algorithm}&X-Amz-Credential=${encodeStrictly(`${key.accessKeyId}/${key.scope}`)}` +
        `&X-Amz-Date=${key.dateTime}&X-Amz-Expires=${expiresInSeconds}` +
        `&X-Amz-SignedHeaders=${encodeStrictly(signedHeaders)}${token}`
      const wire = query === '' ? added : `${query}&${added}`
      return { wire, canonical: sortedQuery(wire) }
    },
    lastParameters(signature, plan, key) {
      const token = plan.sessionToken === 'signed' ? '' : tokenParameter(plan, key)
      return `&X-Amz-Signature=${signature}${token}`
    },
    keepHeaders(sent, signed) {
      for (const name in sent) if (!signed.includes(name)) delete sent[name]
      return sent
    },
  }
}

function tokenParameter(plan: SigningPlan, { sessionToken }: SigningKey): string {
  return sessionToken === undefined ? '' : `&${plan.tokenParameter}=${encodeStrictly(sessionToken)}`
}
