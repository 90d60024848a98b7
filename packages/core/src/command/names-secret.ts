/**
 * Parts of a name that mean a secret wherever they stand in it, also without a separator: `hashicorptoken`,
 * `JSESSIONID`.
 */
const anywhere =
  /pass(word|wd|phrase|code|wort)|secret|token|credential|signature|authorization|bearer|cookie|session|sessid|jwt|assertion|samlre|mnemonic/

/** The same in other languages. */
const elsewhere =
  /kennwort|contrase|senha|wachtwoord|salasana|has[lł]o|heslo|парол|密码|密碼|パスワード|비밀번호/

/** Words that mean a secret when they are a whole part of a name: `db_pass`, `X-Sig`, `keyId`. */
const wholePart =
  /^(pass|passe|passw|pwd|pw|key|keys|sig|sas|auth|oauth|authz|creds?|otp|totp|mfa|pin|cvv|cvc|pat|hmac|csrf|xsrf|ticket|verifier|sid|sess|private)$/

/** Keys and passwords that are written as one word: `apikey`, `dbpass`. */
const oneWord =
  /^(api|app|access|auth|secret|sub|subscription|licen[cs]e|master|shared|account|storage|client|server|consumer|function|host|dev|developer|user|service)keys?$|^(?!com|by|sur|over|under|tres)[a-z]{1,8}pass$/

/** Words that make a `code` a secret: `device_code` is one, and `country_code` is not. */
const codeOf = /^(auth|access|device|user|verification|security|pass|login|recovery|backup|invite|sms|email)$/

/**
 * Whether a name, of a parameter, header, variable or property, means that its value is a secret. A list of such names
 * is never complete: where a value is not needed, don't show it.
 */
export function namesSecret(name: string): boolean {
  const lower = name.toLowerCase()
  if (anywhere.test(lower.replace(/[^a-z0-9]/g, '')) || elsewhere.test(lower)) return true
  const parts = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]/)
    .map((part) => part.replace(/\d+$/, ''))
    .filter((part) => part !== '')
  const isCode = parts.includes('code') && (parts.length === 1 || parts.some((part) => codeOf.test(part)))
  return isCode || parts.some((part) => wholePart.test(part) || oneWord.test(part))
}
