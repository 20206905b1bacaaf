/** Names of settings that hold what nobody is to read. */
const secretName = /key|secret|token|passw|pwd|credential|connection|storage|sas\b/i
/** Shorter ones are words that stand elsewhere, too. */
const leastLength = 8

/**
 * A function that puts `***` in place of every secret that a text repeats: what the app throws may do so.
 * Security: the last line only. Nothing of ours puts values of settings into texts.
 */
export function createSecretHider(
  settings: Readonly<Record<string, string | undefined>>,
): (text: string) => string {
  const secrets = Object.entries(settings)
    .filter(([name]) => secretName.test(name))
    .flatMap(([, value = '']) => [value, ...readParts(value)])
    .filter(
      (secret) =>
        secret.length >= leastLength && !/^(?:[/~]|[A-Za-z]:\\|UseDevelopmentStorage=)/.test(secret),
    )
    .sort((a, b) => b.length - a.length)
  return (text) => secrets.reduce((hidden, secret) => hidden.replaceAll(secret, '***'), text)
}

/** The keys in a connection string. */
function readParts(value: string): readonly string[] {
  return value.split(';').flatMap((part) => {
    const [, key] = /^\s*\w*(?:Key|Signature|Password)=(.+)$/i.exec(part) ?? []
    return key === undefined ? [] : [key]
  })
}
