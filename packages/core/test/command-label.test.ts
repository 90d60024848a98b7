import { expect, it } from 'vitest'
import { commandLabel } from '../src/index.js'

it.each([
  [['vault', 'read', 'planted-secret'], 'vault'],
  [['/usr/local/bin/gcloud'], 'gcloud'],
  [['C:\\tools\\vault.exe', 'x'], 'vault.exe'],
  [['sk-planted-secret-4711-4712'], '…'],
  [['curl -H planted-secret'], '…'],
  [['/bin/'], '…'],
  [[], '…'],
])('commandLabel() of %j is %j', (command, label) => {
  expect(commandLabel(command)).toBe(label)
})
