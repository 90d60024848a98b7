import { expect, it } from 'vitest'
import { commandLabel } from '../../src/command/index.js'

it.each([
  [['vault', 'read', 'planted-secret'], 'vault'],
  [['/usr/local/bin/gcloud'], 'gcloud'],
  [['C:\\tools\\vault.exe', 'x'], 'vault.exe'],
  [['sk-planted-secret-4711-4712'], '…'],
  [['curl -H planted-secret'], '…'],
  [['/bin/'], '…'],
  [['gke-gcloud-auth-plugin'], 'gke-gcloud-auth-plugin'],
  [['aws-iam-authenticator', 'token'], 'aws-iam-authenticator'],
  [['/usr/bin/docker-credential-desktop'], 'docker-credential-desktop'],
  [['git-credential-manager.exe'], 'git-credential-manager.exe'],
  [['correct-horse-battery-staple'], '…'],
  [['token-4711-planted-secret'], '…'],
  [['Token-Planted-Secret-Word'], '…'],
  [[], '…'],
])('commandLabel() of %j is %j', (command, label) => {
  expect(commandLabel(command)).toBe(label)
})
