export { type CommandTokenOptions, commandToken } from '@outbound-auth/core/command'
