// Prevents the mistake of one sidebar with all symbols, which made the site 44 MB: each package's API has a sidebar of
// its own.
import { listPackages } from '../../scripts/workspace.mjs'
import { readApi } from './api/read-api.mjs'
import { byKind } from './api/render-api.mjs'
import { readErrors } from './errors.mjs'
import { readServices } from './services.mjs'
import { parts } from './site-map.mjs'

const item = ({ title, path }) => ({ text: title, link: path })
const group = (text, items, link) => ({ text, ...(link ? { link } : {}), collapsed: true, items })

/** The sidebars by the beginning of a path. */
export function sidebars() {
  const symbols = readApi()
  const codes = [...readErrors().keys()].map((code) => ({
    text: code.replace(/^ERR_/, ''),
    link: `/errors/${code}`,
  }))
  return {
    ...Object.fromEntries(
      listPackages().map(({ folder }) => [`/api/${folder}/`, ofPackage(folder, symbols)]),
    ),
    '/errors/': [
      { text: 'Errors by code', link: '/errors/', items: codes },
      { text: 'All guides', link: '/start' },
    ],
    '/': guides(symbols),
  }
}

function guides(symbols) {
  const recipes = [...parts.clientRecipes, ...parts.runtimeRecipes, ...parts.taskRecipes]
  const services = readServices(symbols).map(({ name, path }) => ({ text: name, link: path }))
  return [
    {
      text: 'Guide',
      items: [
        item(parts.start),
        group(
          'Clients',
          [{ text: 'Over 100 clients, tested', link: '/clients/table' }, ...recipes.map(item)],
          '/clients/',
        ),
        group('Services', [...parts.serviceRecipes.map(item), ...services], '/services/'),
        item(parts.howItWorks),
        group('Coming from', parts.comingFrom.map(item), '/coming-from/'),
        item(parts.yourClient),
        item(parts.writeAProvider),
        item(parts.sharedTokens),
        { text: 'Command line', link: '/packages/cli' },
      ],
    },
    {
      text: 'Reference',
      items: [
        { text: 'Errors by code', link: '/errors/' },
        group('Packages', parts.packages.map(item), '/packages/'),
        group(
          'API',
          listPackages().map(({ folder }) => ({ text: folder, link: `/api/${folder}/` })),
          '/api/',
        ),
      ],
    },
    {
      text: 'Background',
      items: [
        group('Security', parts.security.slice(1).map(item), '/security'),
        group('Measurements', parts.measurements.slice(1).map(item), '/measurements'),
        { text: 'Changes and versions', link: '/changes' },
        group('Codex', parts.codex.map(item)),
        group('More', parts.others.map(item)),
      ],
    },
  ]
}

function ofPackage(folder, symbols) {
  const own = symbols.filter((symbol) => symbol.folder === folder)
  const kinds = byKind(own).map(({ title, symbols: found }) => ({
    text: title,
    collapsed: false,
    items: found.map(({ name, slug }) => ({ text: name, link: `/api/${folder}/${slug}` })),
  }))
  const others = listPackages().filter((each) => each.folder !== folder)
  return [
    { text: folder, link: `/api/${folder}/`, items: [{ text: 'Guide', link: `/packages/${folder}` }] },
    ...kinds,
    group(
      'Other packages',
      others.map((each) => ({ text: each.folder, link: `/api/${each.folder}/` })),
    ),
    { text: 'All guides', link: '/start' },
  ]
}
