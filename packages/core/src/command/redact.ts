import { namesSecret } from './names-secret.js'

/**
 * Makes a foreign text (a command's stderr, a server's response) fit for an error: only plain words, numbers of up to
 * three digits and punctuation stay. Everything that could be a credential, a path or a URL becomes `…`, and the rest
 * is cut off.
 *
 * In a text that names a secret (`password is …`, `access-token …`, `Bearer …`), only words of a list stay: the secret
 * may stand before or after its name, and may be a plain word. A secret that is a plain word in another text stays:
 * best effort.
 *
 * @param secrets further texts to hide, with every word in them, whatever they look like
 * @param maxLength in characters
 */
export function redact(text: string, secrets: readonly string[] = [], maxLength = 300): string {
  const hidden = new Set(
    secrets.flatMap((secret) => secret.split(/[^\w']/)).map((word) => word.toLowerCase()),
  )
  const limit = 16 * maxLength
  const pieces = text.slice(0, limit).split(/\s+/)
  // Half a secret can look like a word.
  if (text.length > limit) pieces.pop()
  const isRestricted = pieces.some((piece) => namesSecret(piece) || schemes.test(piece))
  const words: string[] = []
  for (const [index, piece] of pieces.entries()) {
    const [, word = ''] = plain.exec(piece) ?? []
    const previous = pieces[index - 1] ?? ''
    // The word after an option, as in `-p hunter`, may be its value.
    const isLimited = isRestricted || /^-+[a-z]/i.test(previous)
    const isShown = word !== '' && !hidden.has(word.toLowerCase()) && (!isLimited || isKnown(word, previous))
    const shown = isShown || piece === '' ? piece : '…'
    if (shown !== '' && !(shown === '…' && words.at(-1) === '…')) words.push(shown)
  }
  const line = words.join(' ')
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line
}

const plain = /^[("'`[]*([A-Z]?[a-z][a-z']{0,14}|[A-Z]{1,8}|\d{1,3})[)"'`\].,:;!?]*$/
const schemes = /^\W*(basic|digest|negotiate)\W*$/i

/** Names of secrets as they stand in a sentence. */
const names =
  /^(pass(word|wd|phrase|code)?|pwd|pin|secret|token|key|code|otp|bearer|basic|auth|oauth|authorization|credential|cookie|session|signature|jwt|sas|assertion)s?$/i

function isKnown(word: string, previous: string): boolean {
  if (/\d/.test(word)) return /^\W*(status|http|exit)\W*$/i.test(previous)
  return names.test(word) || vocabulary.has(word.toLowerCase())
}

/** The words of error messages about credentials, none of which is a likely password. */
const vocabulary: ReadonlySet<string> = new Set(
  `able about above access account active after again agent aborted all allowed already also an and another any api app
  application apply are args argument as ask at attempt authenticate authenticated authentication authority authorized
  available aws az azure bad be because been before begin below browser but by call cannot can can't change check
  chosen cli client closed command complete config configuration configure configured connect connection contains
  continue correct could couldn't create created current currently default deadline decode decrypt denied did didn't
  directory disabled disallowed do does doesn't don't during each either empty enabled encrypted endpoint ensure enter
  environment error errors exceeded exist exists exit expected expire expired expires failed failure fetch field file
  find first following for forbidden format found from gcloud get getting given got had has have header helper hint
  host how http https id identity if in incorrect initialize input install installed instead interaction internal into
  invalid is isn't it its keychain keyring limit list load local locked log logged login logon lookup make malformed
  many match matches matching may missing mode more most must name need needed needs network neither new no none nor
  not note nothing now obtain of off old on once one only open operation option or organization other our out output
  parse permission permissions permitted please policy possible problem profile project prompt provide provided
  provider read reason received reconnect refresh refreshed refused region register registered rejected renew request
  requested require required requires reset resource response retry retrieve return returned revoked rights role run
  runtime scope scopes seconds see select selected sent server service set setting should sign signed signin since
  source specified specify start started status still store stored succeeded such supplied support supported system
  tenant terminal than that the their then there they this timed timeout to too try type unable unauthenticated
  unauthorized unavailable unexpected unknown unless unlock unlocked unset unsupported until up update usage use used
  user uses using valid validate value variable vault verification verify version via wait waiting was wasn't were
  when where which while will with within without write written wrong you your`.split(/\s+/),
)
