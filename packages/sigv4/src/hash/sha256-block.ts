// biome-ignore-all lint/style/noNonNullAssertion: every index is inside its array; a check each would double the time

/**
 * @internal Adds one block of 64 bytes to `state`.
 *
 * @param w room for 64 words
 * @see https://csrc.nist.gov/pubs/fips/180-4/upd1/final section 6.2.2
 */
export function compress(state: Int32Array, bytes: Uint8Array, offset: number, w: Int32Array): void {
  for (let t = 0, at = offset; t < 16; t++, at += 4) {
    w[t] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  }
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15]!
    const y = w[t - 2]!
    const small0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const small1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    w[t] = (w[t - 16]! + small0 + w[t - 7]! + small1) | 0
  }
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  let e = state[4]!
  let f = state[5]!
  let g = state[6]!
  let h = state[7]!
  for (let t = 0; t < 64; t++) {
    const big1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + big1 + ((e & f) ^ (~e & g)) + roundWords[t]! + w[t]!) | 0
    const big0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (big0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  state[0]! += a
  state[1]! += b
  state[2]! += c
  state[3]! += d
  state[4]! += e
  state[5]! += f
  state[6]! += g
  state[7]! += h
}

/** @internal */
export function initialState(): Int32Array {
  return initialWords.slice()
}

/** The constants of FIPS 180-4: 32 bits of the fractions of square or cube roots of the first primes. */
function firstRootBits(count: number, root: 2 | 3): Int32Array {
  const words = new Int32Array(count)
  let found = 0
  for (let candidate = 2; found < count; candidate++) {
    let isPrime = true
    for (let factor = 2; factor * factor <= candidate; factor++) if (candidate % factor === 0) isPrime = false
    if (isPrime) words[found++] = (candidate ** (1 / root) % 1) * 0x1_0000_0000
  }
  return words
}

const initialWords = /* @__PURE__ */ firstRootBits(8, 2)
const roundWords = /* @__PURE__ */ firstRootBits(64, 3)
