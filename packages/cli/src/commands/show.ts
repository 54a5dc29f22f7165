import type { AuditEntry } from '@audit/core'
import type { Command } from 'commander'
import { addExamples, GROUPS, type Run } from '../command-line.ts'
import type { Context } from '../context.ts'
import { indexFirst } from '../entries/entry-json.ts'
import type { EntryDetails } from '../entries/entry-text.ts'
import { findEntry } from '../entries/find-entry.ts'
import { relatedEntries } from '../entries/related-entries.ts'
import { addLogArgument, type LogOptions } from '../log/log-options.ts'
import { openLog } from '../log/open-log.ts'
import { safeJson, safeJsonText } from '../output/safe-text.ts'
import { clockOf } from '../output/times.ts'
import { waitingFor } from '../output/waiting.ts'
import { untilAborted } from '../until-aborted.ts'

interface ShowOptions extends LogOptions {
  readonly proof?: boolean
  readonly json?: boolean
  readonly lines?: boolean
  readonly local?: boolean
}

/** Adds `audit show`. */
export function addShow(program: Command, run: Run): void {
  const command = program
    .command('show')
    .helpGroup(GROUPS.look)
    .summary('print one entry in full')
    .description('Prints one entry in full, the entry that it is about, and those that are about it.')
  addLogArgument(command)
    .argument('<id>', 'an id, the unique beginning of an id, or an index')
    .option('--proof', 'also where it is in the tree: its leaf hash, and the hashes from there to the root')
    .option('--json', 'write a JSON object, as a pipe gets it')
    .addOption(
      command.createOption('--lines', 'write the canonical line alone, byte for byte').conflicts('json'),
    )
    .option('--local', 'show times in the local time zone (default: UTC)')
  addExamples(command, [
    ['audit show audit.db 17', 'the entry with index 17'],
    ['audit show audit.db 01a2060b', 'the entry whose id begins so'],
    ['audit show audit.db 17 --json | jq -r .inputText', 'what was asked, as it is'],
    ['audit show audit.db 17 --proof', 'where the entry is in the tree'],
  ])
  command.action(run(show))
}

async function show(context: Context, log: string, id: string, options: ShowOptions): Promise<void> {
  const { stdout, signal } = context
  const { createSigner, generateKey } = await import('@audit/core')
  const key = options.proof ? generateKey('place') : undefined
  await using opened = await openLog(context, log, {
    ...options,
    signer: key && createSigner(key.privateKey),
  })
  const entry = await findEntry(context, opened.log, id)
  if (options.lines) return writeLine(context, entry)

  const { treePlace } = await import('../entries/tree-place.ts')
  const leaf = await untilAborted(opened.backend.leafHashes(entry.index, entry.index + 1), signal)
  const details: EntryDetails = {
    entry,
    leafHash: Buffer.from(leaf).toString('hex'),
    related: await waitingFor(
      context,
      'looking for what is about it',
      relatedEntries(context, opened.log, entry),
    ),
    place: key && (await untilAborted(treePlace(opened.log, entry, key), signal)),
  }
  if (options.json || !stdout.isTerminal) return stdout.line(safeJson(jsonOf(details)))
  const { writeEntry } = await import('../entries/entry-text.ts')
  await writeEntry(stdout, details, clockOf(context, options))
}

async function writeLine({ stdout }: Context, entry: AuditEntry): Promise<void> {
  const { encodeLine } = await import('@audit/core/backend')
  const line = encodeLine(entry)
  await stdout.line(stdout.isTerminal ? safeJsonText(line) : line)
}

function jsonOf({ entry, leafHash, related, place }: EntryDetails) {
  return {
    ...indexFirst(entry),
    leafHash,
    about: related.about ?? null,
    aboutIt: related.aboutIt,
    ...(place && { proof: place }),
  }
}
