/**
 * Says which files `func azure functionapp publish` leaves behind. It is not quite git's syntax: patterns are tied to
 * the project's folder and match the beginning of a path, `*` stands for at least one character, and what starts with
 * `!` wins wherever it stands.
 * Source: Azure Functions Core Tools, GitIgnoreParser and FileSystemHelpers.GetLocalFiles.
 */
export function createFuncIgnore(content: string): (path: string) => boolean {
  const lines = content.split('\n').map((line) => line.trim())
  const patterns = lines.filter((line) => line !== '' && !line.startsWith('#'))
  const kept = toExpression(patterns.filter((line) => line.startsWith('!')).map((line) => line.slice(1)))
  const ignored = toExpression(patterns.filter((line) => !line.startsWith('!')))
  return (path) => isNeverSent(path) || (ignored.test(path) && !kept.test(path))
}

function toExpression(patterns: readonly string[]): RegExp {
  const alternatives = patterns.map((pattern) =>
    pattern
      .replace(/^\//, '')
      .replace(/[-[\]/{}()+?.\\^$|]/g, '\\$&')
      .replaceAll('**', '(.+)')
      .replaceAll('*', '([^\\/]+)'),
  )
  return patterns.length === 0 ? /$^/ : new RegExp(`^((${alternatives.join(')|(')}))`)
}

const neverSentFolders = ['.git', '.vscode']
const neverSentFiles = ['.funcignore', '.gitignore', 'local.settings.json', 'project.lock.json']

function isNeverSent(path: string): boolean {
  const folders = path.split('/')
  const name = folders.pop() ?? ''
  return neverSentFiles.includes(name) || folders.some((folder) => neverSentFolders.includes(folder))
}
