import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@audit/harness/vitest'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { runBinary } from './binary.ts'

const REST = 'timestamp, user, model, input_text, output_text, cost_usd, latency_ms, metadata'
const row = (id: number | string, input = "'i'", user = "'u'") =>
  `printf('%032x', ${id}), '2025-01-01T00:00:00+00:00', ${user}, 'm', ${input}, 'o', 0.1, 1, '{}'`

async function importOf(sql: string) {
  const folder = temporaryFolder()
  const database = new Database(join(folder, 'audit_log.db'))
  database.exec(sql)
  database.close()
  const { exitCode, output, errors } = await runBinary(['import', 'audit_log.db', 'new.db', '--json'], {
    cwd: folder,
  })
  const read = await runBinary(['query', 'new.db', '--json', '--limit', '0', '--oldest'], { cwd: folder })
  return {
    exitCode,
    errors,
    report: output === '' ? undefined : JSON.parse(output),
    exists: existsSync(join(folder, 'new.db')),
    inputs: read.output
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line))
      .filter(({ model }) => model === 'm')
      .map(({ inputText }) => inputText),
  }
}

const TABLE = `CREATE TABLE audit_log (entry_id TEXT PRIMARY KEY, ${REST});`

test.each(['UTF-8', 'UTF-16le', 'UTF-16be'])(
  'a text that is not %s is named and not taken',
  async encoding => {
    const bad = encoding === 'UTF-8' ? "CAST(x'61ff62' AS TEXT)" : "CAST(x'd800d800' AS TEXT)"
    const worse = encoding === 'UTF-8' ? "CAST(x'eda080' AS TEXT)" : "CAST(x'00d800d8' AS TEXT)"
    const { exitCode, errors, report, inputs } = await importOf(`PRAGMA encoding = '${encoding}'; ${TABLE}
    INSERT INTO audit_log SELECT ${row(1, "'Café' || char(0) || '日本' || char(65279, 128512)")};
    INSERT INTO audit_log SELECT ${row(2, bad)};
    INSERT INTO audit_log SELECT ${row(3, "'i'", worse)};
    INSERT INTO audit_log SELECT ${row(4, "'last'")};`)
    const taken = inputs.map((text: string) => text.includes('\uFFFD'))
    expect(taken).not.toContain(true)
    if (encoding === 'UTF-8') {
      expect(errors.match(/^not taken: row \d+/gm)).toEqual(['not taken: row 2', 'not taken: row 3'])
      expect({ exitCode, omitted: report.omitted }).toEqual({ exitCode: 1, omitted: 2 })
      expect(inputs).toEqual(['Café\0日本\uFEFF😀', 'last'])
    } else {
      expect(inputs[0]).toBe('Café\0日本\uFEFF😀')
      expect({ exitCode, entries: report.entries, omitted: report.omitted }, errors).toEqual({
        exitCode: 1,
        entries: 3,
        omitted: 1, // each of the two is good in one byte order
      })
    }
  },
)

test('columns that have names of the row number lose no row', async () => {
  const { exitCode, report } =
    await importOf(`CREATE TABLE audit_log (RowID TEXT, oid TEXT, entry_id TEXT PRIMARY KEY, ${REST});
    WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 2500)
    INSERT INTO audit_log SELECT 'x', 'x', ${row('i')} FROM c;`)
  expect({ exitCode, entries: report.entries }).toEqual({ exitCode: 0, entries: 2500 })
})

test('the lowest row and the highest are taken', async () => {
  const { exitCode, inputs } = await importOf(`${TABLE}
    INSERT INTO audit_log (rowid, entry_id, ${REST}) SELECT -9223372036854775808, ${row(1, "'lowest'")};
    INSERT INTO audit_log (rowid, entry_id, ${REST}) SELECT 9223372036854775807, ${row(2, "'highest'")};`)
  expect({ exitCode, inputs }).toEqual({ exitCode: 0, inputs: ['lowest', 'highest'] })
})

test.each([
  ['without row numbers', `${TABLE.replace(';', ' WITHOUT ROWID;')} INSERT INTO audit_log SELECT ${row(1)};`],
  [
    'with columns in place of all their names',
    `CREATE TABLE audit_log (rowid, oid, _rowid_, entry_id PRIMARY KEY, ${REST});`,
  ],
  [
    'that is a view',
    `${TABLE.replace('audit_log', 'real_log')} CREATE VIEW audit_log AS SELECT * FROM real_log;`,
  ],
])('a table %s is refused, and makes no log', async (_, sql) => {
  const { exitCode, exists, errors } = await importOf(sql)
  expect({ exitCode, exists }, errors).toEqual({ exitCode: 2, exists: false })
})
