// Prevents the mistake of a search that finds a symbol below the pages that mention it;
// `checks/search.mjs` tries each one.
import { defineConfig } from 'vitepress'
import { headingAnchor } from '../build/heading-anchor.mjs'
import { repository, siteAddress } from '../build/markdown.mjs'
import { readableTables } from '../build/readable-tables.mjs'
import { searchOptions } from '../build/search-options.mjs'
import { sidebars } from '../build/sidebar.mjs'

const base = new URL(siteAddress).pathname

export default defineConfig({
  title: 'Outbound Auth',
  description: 'Pluggable authentication for outbound HTTP requests in TypeScript',
  lang: 'en',
  base,
  srcDir: 'pages',
  cleanUrls: true,
  lastUpdated: false,
  metaChunk: true,
  head: [
    ['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}icon.svg` }],
    ['meta', { name: 'theme-color', content: '#0b6e4f' }],
  ],
  sitemap: { hostname: siteAddress },
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    anchor: { slugify: headingAnchor },
    toc: { slugify: headingAnchor },
    config: readableTables,
  },
  vite: { build: { chunkSizeWarningLimit: 4000 } },
  themeConfig: {
    siteTitle: 'Outbound Auth',
    logo: { src: '/icon.svg', alt: '' },
    search: { provider: 'local', options: searchOptions },
    outline: { level: [2, 3], label: 'On this page' },
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Clients', link: '/clients/' },
      { text: 'Services', link: '/services/' },
      { text: 'Packages', link: '/packages/' },
      { text: 'Errors', link: '/errors/' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: sidebars(),
    socialLinks: [{ icon: 'github', link: repository }],
    editLink: {
      pattern: ({ frontmatter }) =>
        `https://github.com/outbound-auth/outbound-auth/blob/main/${frontmatter.source ?? 'packages'}`,
      text: 'See the source of this page',
    },
    footer: { message: 'MIT licence' },
    docFooter: { prev: false, next: false },
  },
})
