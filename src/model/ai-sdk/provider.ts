/** How OpenTelemetry names the providers of the AI SDK whose own name differs (semantic conventions 1.41.0, `gen_ai.provider.name`). */
const names: readonly (readonly [own: string, known: string])[] = [
  ['azure', 'azure.ai.openai'],
  ['amazon-bedrock', 'aws.bedrock'],
  ['bedrock', 'aws.bedrock'],
  ['google.vertex', 'gcp.vertex_ai'],
  ['google.generative-ai', 'gcp.gemini'],
  ['mistral', 'mistral_ai'],
  ['xai', 'x_ai'],
]

/** OpenTelemetry's name of a provider of the AI SDK; that one's own, without the API it is asked by, where there is none. */
export function toProviderName(provider: string): string {
  const known = names.find(
    ([own]) => provider === own || (/^[.-]/.test(provider.slice(own.length)) && provider.startsWith(own)),
  )
  return known?.[1] ?? provider.split('.', 1)[0] ?? provider
}
