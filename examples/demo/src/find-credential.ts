import type { DemoRequest } from './demo-request.js'

const places = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'cookie', '?key']

/** Exactly this credential, in exactly this place, and none in any other. */
export function check(request: DemoRequest, place?: string, expected?: string): string | undefined {
  const found = place === undefined ? undefined : findIn(request, place)
  if (place !== undefined && found === undefined) return `no ${place}`
  return found === expected ? unwanted(request, place) : `wrong ${place}`
}

/** A credential in any other place. */
export function unwanted(request: DemoRequest, place: string | undefined): string | undefined {
  const other = places.find((candidate) => candidate !== place && findIn(request, candidate) !== undefined)
  return other && `unwanted ${other}`
}

function findIn({ headers, query }: DemoRequest, place: string): string | undefined {
  if (!place.startsWith('?')) return headers[place]?.toString()
  return query.getAll(place.slice(1)).join() || undefined
}
