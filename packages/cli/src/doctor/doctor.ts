import { CommandError } from '../command-error.ts'
import type { Context } from '../context.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { fileFormatOf } from '../log/file-format.ts'
import { type FileLocation, locateLog } from '../log/log-location.ts'
import type { LogOptions } from '../log/log-options.ts'
import { counted } from '../output/numbers.ts'
import { safeJson, safeText } from '../output/safe-text.ts'
import { examineContents } from './contents.ts'
import type { Diagnosis, Level } from './diagnosis.ts'
import { examineDisk } from './disk.ts'
import { findFile, namesOf, permissionsOf } from './file-stats.ts'
import { examineJsonlFile } from './jsonl-file.ts'
import { examineSqliteFile } from './sqlite-file.ts'

/** What `audit doctor` takes besides the log. */
export interface DoctorOptions extends LogOptions {
  readonly json?: boolean
}

/** `audit doctor`: says how a log is, and what to do about it. */
export async function doctor(context: Context, log: string, options: DoctorOptions): Promise<ExitCode> {
  const location = await locateLog(context, log, options)
  const diagnoses =
    location.kind === 'file'
      ? await examineFile(context, location, options)
      : await examineContents(context, log, options)
  const verdict = worst(diagnoses)
  if (options.json) await context.stdout.line(safeJson({ log: location.name, verdict, checks: diagnoses }))
  else await write(context, location.name, diagnoses)
  return verdict === 'problem' ? EXIT.finding : EXIT.ok
}

async function examineFile(
  context: Context,
  location: FileLocation,
  options: DoctorOptions,
): Promise<readonly Diagnosis[]> {
  const { file, diagnosis } = findFile(location)
  if (!file) return [diagnosis]
  const permissions = await permissionsOf(file)
  const disk = await examineDisk(file)
  const format = await fileFormatOf(location).catch((error: unknown) => {
    if (error instanceof CommandError) return error
    throw error
  })
  if (format instanceof CommandError) {
    return [diagnosis, permissions, { about: 'format', level: 'problem', message: format.message }, ...disk]
  }
  // Before a backend opens it: closing a file drops the locks that SQLite has on it in this process.
  const own = format === 'sqlite' ? await examineSqliteFile(file) : await examineJsonlFile(file)
  const contents = await examineContents(context, location.path, options)
  return [diagnosis, permissions, namesOf(file, format === 'sqlite'), ...own, ...disk, ...contents]
}

const LEVELS: readonly Level[] = ['ok', 'note', 'warning', 'problem']

function worst(diagnoses: readonly Diagnosis[]): Level {
  return LEVELS.findLast(level => diagnoses.some(diagnosis => diagnosis.level === level)) ?? 'ok'
}

/** Of entries, their number and the newest one alone were looked at. */
function aspectsOf(diagnoses: readonly Diagnosis[]): string {
  const aspects = diagnoses.map(({ about }) => about).filter(about => about !== 'entries')
  return [...new Set(aspects)].join(', ')
}

const COLOURS = { ok: 'green', note: 'cyan', warning: 'yellow', problem: 'red' } as const

async function write({ stdout }: Context, name: string, diagnoses: readonly Diagnosis[]): Promise<void> {
  await stdout.line(stdout.style('bold', safeText(name)))
  for (const { about, level, message, advice } of diagnoses) {
    await stdout.line(
      `  ${stdout.style(COLOURS[level], level.padEnd(7))}  ${about.padEnd(11)}  ${safeText(message)}`,
    )
    if (advice !== undefined) await stdout.line(`${' '.repeat(24)}→ ${safeText(advice)}`)
  }
  const problems = diagnoses.filter(({ level }) => level === 'problem').length
  const warnings = diagnoses.filter(({ level }) => level === 'warning').length
  await stdout.line(
    problems + warnings === 0
      ? `Nothing is wrong with what was looked at: ${aspectsOf(diagnoses)}. It does not compare entries: audit verify says whether any is missing or changed.`
      : `${counted(problems, 'problem')}, ${counted(warnings, 'warning')}.`,
  )
}
