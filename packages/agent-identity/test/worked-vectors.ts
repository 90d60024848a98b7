/**
 * Values computed with two libraries, from the client's own test: seed of 32 bytes 7, ids `agent-123` and `task-123`.
 */
export const worked: Readonly<
  Record<
    | 'seed'
    | 'publicKey'
    | 'version1'
    | 'version2'
    | 'withAttributes'
    | 'sshPublicKey'
    | 'agentRuntimeId'
    | 'taskId'
    | 'timestamp'
    | 'assertionSignature'
    | 'header'
    | 'taskSignature'
    | 'sealedTask'
    | 'sealedRunTask'
    | 'derivedSeed',
    string
  >
> = {
  seed: '07'.repeat(32),
  publicKey: 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c',
  version1: 'MC4CAQAwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH',
  version2:
    'MFECAQEwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHgSEA6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=',
  /** RFC 8410, section 10.3: version 2 with attributes. */
  withAttributes:
    'MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhCoB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=',
  sshPublicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOpKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs',
  agentRuntimeId: 'agent-123',
  taskId: 'task-123',
  timestamp: '2026-04-23T00:00:00Z',
  assertionSignature:
    '+GlrOKR/FHxxhkmOhg5hj19+5O7hM2MgxNrgTfRgIX8CYn13AJESv5yXkwwUC9jDd8cvQRMu1f8Pybf6/LBgDw==',
  header:
    'AgentAssertion eyJhZ2VudF9ydW50aW1lX2lkIjoiYWdlbnQtMTIzIiwic2lnbmF0dXJlIjoiK0dsck9LUi9GSHh4aGttT2hnNWhqMTkrNU83aE0yTWd4TnJnVGZSZ0lYOENZbjEzQUpFU3Y1eVhrd3dVQzlqRGQ4Y3ZRUk11MWY4UHliZjYvTEJnRHc9PSIsInRhc2tfaWQiOiJ0YXNrLTEyMyIsInRpbWVzdGFtcCI6IjIwMjYtMDQtMjNUMDA6MDA6MDBaIn0',
  taskSignature: '3HXOrVnOX7USh8WvXXCZnUyrvwUdaWFME6ZQv+foYCmk7QXzPpNPLR/Qe26X9XkHB2SGAZjnOifmm39FXjdACA==',
  sealedTask: 'V9tLNZ8jrl4Ubk4lEgVnBHIlBjSMFQwUdT0Mkz0E1CHl6kKN5okRS43ADd/oDRNtjxtopKhskJE=',
  sealedRunTask: 'V9tLNZ8jrl4Ubk4lEgVnBHIlBjSMFQwUdT0Mkz0E1CHjkaN1d4DBcBaDYKYni7KJjxtopKgv18yLfg==',
  /** The seed of 64 zero bytes. */
  derivedSeed: '85de6db76ea582ce4f7a750637b2e6550fb75aca942619dcfa247f6761a4239d',
}
