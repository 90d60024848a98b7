// Prevents the mistake of links that work on GitHub and not here: headings have the anchors that GitHub gives them.

/** @param {string} title */
export function headingAnchor(title) {
  return title
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')
}
