// Prevents the mistake of a list of changes that lags behind the packages: it is made of their CHANGELOGs, and of the
// changesets that wait for the next release.
import { existsSync, readdirSync } from 'node:fs'
import { listPackages, root } from '../../scripts/workspace.mjs'
import { readSection, readSource } from './markdown.mjs'

/** The page of changes: which versions get fixes, then what changed in each package. */
export function renderChanges() {
  const packages = listPackages()
  const pending = readPending()
  const lines = [
    '# Changes and supported versions',
    '',
    'Each package has its own version and moves alone.',
    '',
  ]
  lines.push('## Supported versions', '', readSection('SECURITY.md', 'Supported versions'), '')
  lines.push('## Packages', '', '| package | version | waiting for the next release |', '|---|---|---|')
  for (const { folder, manifest } of packages) {
    const state = manifest.version === '0.0.0' ? 'not released yet' : manifest.version
    const waiting = (pending.get(manifest.name) ?? []).map(({ bump }) => bump)
    lines.push(`| [${folder}](#${folder}) | ${state} | ${[...new Set(waiting)].join(', ') || 'nothing'} |`)
  }
  lines.push('')
  for (const { folder, manifest } of packages) {
    lines.push(`## ${folder} {#${folder}}`, '')
    for (const { bump, text } of pending.get(manifest.name) ?? [])
      lines.push(`**Not released yet (${bump}).** ${text}`, '')
    lines.push(...changelog(folder))
  }
  return lines.join('\n')
}

function changelog(folder) {
  const path = `packages/${folder}/CHANGELOG.md`
  if (!existsSync(`${root}/${path}`)) return []
  const text = readSource(path).replace(/^# .+\n+/, '')
  // A level deeper, below the heading of the package; the same version of two packages needs two anchors.
  const deeper = text.replace(/^(#+) (.+)$/gm, (_, marks, title) =>
    marks === '##' ? `### ${title} {#${folder}-${title.replaceAll('.', '-')}}` : `**${title}**`,
  )
  return [deeper.trim(), '']
}

/** The changesets, by the name of the package. @returns {Map<string, { bump: string, text: string }[]>} */
function readPending() {
  const found = new Map()
  for (const name of readdirSync(`${root}/.changeset`).sort()) {
    if (!name.endsWith('.md') || name === 'README.md') continue
    const [, head = '', text = ''] =
      /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(readSource(`.changeset/${name}`)) ?? []
    for (const [, of = '', bump = ''] of head.matchAll(/^['"](.+)['"]: (\w+)$/gm))
      found.set(of, [...(found.get(of) ?? []), { bump, text: text.trim() }])
  }
  return found
}
