/**
 * The region of a short-term Amazon Bedrock API key; undefined for any other key, so for a long-term key too.
 *
 * A short-term key works in one region only. The key is a presigned URL in base64, and the credential scope of the URL
 * names the region.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html
 */
export function bedrockKeyRegion(key: string): string | undefined {
  const [, payload] = /^bedrock-api-key-([A-Za-z0-9+/]+=*)/.exec(key) ?? []
  if (payload === undefined) return undefined
  try {
    const query = new URLSearchParams(atob(payload).replace(/^[^?]*/, ''))
    const [, , region] = query.get('X-Amz-Credential')?.split('/') ?? []
    return region || undefined
  } catch {
    return undefined
  }
}

/** An endpoint of Amazon Bedrock. */
export interface BedrockEndpoint {
  /** The signing name. */
  readonly service: 'bedrock-mantle' | 'bedrock'
  /** The URL of the OpenAI-compatible API. */
  readonly baseUrl: (region: string) => string
  /** The regions of the endpoint; undefined if every region is allowed. */
  readonly regions: ReadonlySet<string> | undefined
}

/** The two OpenAI-compatible endpoints of Amazon Bedrock. */
export const bedrockEndpoints: Readonly<Record<'mantle' | 'runtime', BedrockEndpoint>> = {
  mantle: {
    service: 'bedrock-mantle',
    baseUrl: (region) => `https://bedrock-mantle.${region}.api.aws/openai/v1`,
    regions: /* @__PURE__ */ new Set([
      'ap-northeast-1',
      'ap-south-1',
      'ap-southeast-3',
      'eu-central-1',
      'eu-north-1',
      'eu-south-1',
      'eu-west-1',
      'eu-west-2',
      'sa-east-1',
      'us-east-1',
      'us-east-2',
      'us-west-2',
    ]),
  },
  runtime: {
    service: 'bedrock',
    baseUrl: (region) =>
      `https://bedrock-runtime.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/openai/v1`,
    regions: undefined,
  },
}
