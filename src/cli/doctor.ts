import { createRequire } from 'node:module'
import { relative, resolve } from 'node:path'
import { toErrorMessage } from '../core/errors.js'
import { checkNode } from './doctor/check-node.js'
import { type DoctorArgs, parseDoctorArgs } from './doctor/doctor-args.js'
import { count, error, type Finding } from './doctor/finding.js'
import { createSecretHider } from './doctor/hide-secrets.js'
import { isLoadable, readProject } from './doctor/read-project.js'
import { runInspection } from './doctor/run-inspection.js'
import { toJson, toLines } from './doctor/show-findings.js'
import { toFindings } from './doctor/to-findings.js'
import { resolveEntry } from './resolve-entry.js'

/**
 * The `doctor` verb: says whether an app is set up well; gives the exit code, 1 when something does not work as it is.
 * @throws {AgentError} for wrong arguments; what is wrong with the app is a finding.
 */
export async function doctor(args: readonly string[]): Promise<number> {
  const options = parseDoctorArgs(args)
  const { engines } = createRequire(import.meta.url)('durable-agent-functions/package.json')
  const findings = [...checkNode(process.versions.node, engines.node), ...(await examine(options))]
  // Whoever reads them may have read enough (`| head`).
  process.stdout.on('error', () => {})
  const coloured = process.stdout.isTTY && !process.env.NO_COLOR
  process.stdout.write(options.json ? toJson(findings) : toLines(findings, { coloured }))
  return count(findings).errors > 0 ? 1 : 0
}

async function examine(options: DoctorArgs): Promise<readonly Finding[]> {
  try {
    const { root, main } = resolveEntry(options.root, options.entry)
    return await examineFolder(root, main, options)
  } catch (reason) {
    return [error('folder', toErrorMessage(reason))]
  }
}

async function examineFolder(
  root: string,
  main: string | undefined,
  { data = '.data', online }: DoctorArgs,
): Promise<readonly Finding[]> {
  const project = await readProject(root, main)
  const dataDir = resolve(root, data)
  // A run log makes its files when it is opened: without a question to it they are made elsewhere, and deleted.
  const request = { root, main, online, dataDir: online ? dataDir : undefined }
  const inspection = isLoadable(project) ? await runInspection(request) : undefined
  const hide = createSecretHider(project.settings)
  const findings = toFindings(project, inspection, relative(process.cwd(), dataDir))
  return findings.map((finding) => ({ ...finding, message: hide(finding.message) }))
}
