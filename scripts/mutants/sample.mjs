// Prevents the mistake of a sample that leaves out whole files, or that nobody can draw again.

/**
 * Draws items at equal distances, so that each part of the list has its share. The seed decides where the first
 * stands.
 *
 * @template T
 * @param {readonly T[]} items
 * @param {number} size
 * @param {number} seed
 * @returns {T[]} all items if there are no more than `size`
 */
export function drawEvenly(items, size, seed) {
  if (size >= items.length) return [...items]
  const distance = items.length / size
  const start = distance * fraction(seed)
  return Array.from(
    { length: size },
    (_, index) => /** @type {T} */ (items[Math.floor(start + index * distance)]),
  )
}

/**
 * A number from 0 to 1 that differs much between neighbouring seeds: multiples of the golden ratio.
 *
 * @param {number} seed
 */
function fraction(seed) {
  return (seed * 0.6180339887498949) % 1
}
