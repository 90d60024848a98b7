// Prevents the mistake of a check that searches in another way than the page: both take these options. VitePress sends
// the functions to the browser as text, so each stands alone.

/** Options of the local search. A name keeps its underscores, and its case counts beside its lower case. */
export const searchOptions = {
  // Code is left out: it would be highlighted once more, and makes the index twice as large.
  _render: (/** @type {string} */ text, /** @type {object} */ env, /** @type {any} */ md) =>
    md.render(text.replace(/^---\n[\s\S]*?\n---\n/, '').replace(/^ *```[\s\S]*?^ *```/gm, ''), env),
  miniSearch: {
    options: {
      tokenize: (/** @type {string} */ text) => text.split(/[^\p{L}\p{N}_$]+/u).filter(Boolean),
      processTerm: (/** @type {string} */ term) => {
        const lower = term.toLowerCase()
        return /[a-z]/.test(term) && lower !== term ? [lower, term] : lower
      },
    },
    searchOptions: {
      fuzzy: 0.15,
      prefix: true,
      boost: { title: 6, titles: 1, text: 1 },
      boostDocument: (/** @type {string} */ id, /** @type {string} */ term, /** @type {any} */ stored) => {
        const isPage = stored?.titles?.length === 0 || stored?.titles === undefined
        if (isPage && stored?.title === term) return 30
        if (isPage && stored?.title?.toLowerCase() === term.toLowerCase()) return 15
        return id.includes('/api/') ? 0.7 : 1
      },
    },
  },
}
