import { randomUUID } from 'node:crypto'
import { AuditLog, type Finding } from '@audit/core'
import { PostgresBackend } from '@audit/postgres'
import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inspect } from '../src/inspection.ts'
import { createDatabase, input, newDatabase, openLog } from './place.ts'
import { readmeSql } from './readme-sql.ts'

// What the owner of the tables can do to them. `verify` compares definitions, and not names.

let database: Awaited<ReturnType<typeof createDatabase>>
beforeAll(async () => {
  database = await createDatabase()
  await new PostgresBackend({ pool: database.pool }).migrate()
  const log = openLogOf()
  for (const user of ['alice', 'mallory']) await log.record({ ...input(), user })
  expect((await log.verify()).findings).toEqual([])
  await log.close()
})
afterAll(() => database.drop())

/** Not `openLog`, which waits for the end of a test. */
function openLogOf() {
  return new AuditLog({ backend: new PostgresBackend({ pool: database.pool }) })
}

const recreate = (definition: string, name = 'entries_append_only') =>
  `CREATE OR REPLACE TRIGGER ${name} ${definition}; ALTER TABLE audit.entries ENABLE ALWAYS TRIGGER ${name}`
const nothing = (schema: string, name: string) =>
  `CREATE FUNCTION ${schema}.${name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'`
const refuse = 'EXECUTE FUNCTION audit.refuse_change()'

test.each<[what: string, ...statements: string[]]>([
  ['a trigger that is gone', 'DROP TRIGGER entries_append_only ON audit.entries'],
  ['a trigger that is disabled', 'ALTER TABLE audit.subtrees DISABLE TRIGGER subtrees_not_truncated'],
  [
    'a trigger that replicating sessions skip',
    'ALTER TABLE audit.entries ENABLE TRIGGER entries_append_only',
  ],
  [
    'a trigger for replicating sessions only',
    'ALTER TABLE audit.entries ENABLE REPLICA TRIGGER entries_in_turn',
  ],
  [
    'a trigger that never fires',
    recreate(`BEFORE UPDATE OR DELETE ON audit.entries FOR EACH ROW WHEN (false) ${refuse}`),
  ],
  [
    'a trigger that spares one user',
    recreate(`BEFORE UPDATE OR DELETE ON audit.entries FOR EACH ROW WHEN (OLD.user <> 'mallory') ${refuse}`),
  ],
  [
    'a trigger for one column only',
    recreate(`BEFORE UPDATE OF index OR DELETE ON audit.entries FOR EACH ROW ${refuse}`),
  ],
  ['a trigger without DELETE', recreate(`BEFORE UPDATE ON audit.entries FOR EACH ROW ${refuse}`)],
  ['a trigger after the change', recreate(`AFTER UPDATE OR DELETE ON audit.entries FOR EACH ROW ${refuse}`)],
  [
    'a trigger for statements instead of rows',
    recreate(`BEFORE UPDATE OR DELETE ON audit.entries FOR EACH STATEMENT ${refuse}`),
  ],
  [
    'a trigger with an argument',
    recreate(
      `BEFORE UPDATE OR DELETE ON audit.entries FOR EACH ROW EXECUTE FUNCTION audit.refuse_change('x')`,
    ),
  ],
  [
    'a trigger that calls a function of the same name in another schema',
    `CREATE SCHEMA evil; ${nothing('evil', 'refuse_change')}`,
    recreate(`BEFORE UPDATE OR DELETE ON audit.entries FOR EACH ROW EXECUTE FUNCTION evil.refuse_change()`),
  ],
  [
    'a trigger that calls something else',
    nothing('audit', 'nothing'),
    recreate(`BEFORE UPDATE OR DELETE ON audit.entries FOR EACH ROW EXECUTE FUNCTION audit.nothing()`),
  ],
  [
    'a trigger whose transition table has another name',
    `CREATE OR REPLACE TRIGGER subtrees_true AFTER INSERT ON audit.subtrees
     REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_false_root();
     ALTER TABLE audit.subtrees ENABLE ALWAYS TRIGGER subtrees_true`,
  ],
  [
    'a trigger that was added',
    nothing('audit', 'nothing'),
    'CREATE TRIGGER extra BEFORE INSERT ON audit.entries FOR EACH ROW EXECUTE FUNCTION audit.nothing()',
  ],
  [
    'a trigger that was added as a constraint',
    nothing('audit', 'nothing'),
    'CREATE CONSTRAINT TRIGGER extra AFTER INSERT ON audit.logs FOR EACH ROW EXECUTE FUNCTION audit.nothing()',
  ],
  [
    'a function that does nothing',
    `CREATE OR REPLACE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql
     SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
     SET enable_incremental_sort = off AS 'BEGIN RETURN NEW; END'`,
  ],
  ['a function with another setting', 'ALTER FUNCTION audit.append SET synchronous_commit = off'],
  ['a function without its settings', 'ALTER FUNCTION audit.lock_log RESET ALL'],
  [
    'a function with another search path',
    'ALTER FUNCTION audit.lock_log SET search_path = public, pg_catalog',
  ],
  ['a function with others’ rights', 'ALTER FUNCTION audit.append SECURITY DEFINER'],
  ['a function with its caller’s rights', 'ALTER FUNCTION audit.lock_log SECURITY INVOKER'],
  ['a function that may change things', 'ALTER FUNCTION audit.read VOLATILE'],
  ['a function that is not called for NULL', 'ALTER FUNCTION audit.append STRICT'],
  ['a function that keeps no secret', 'ALTER FUNCTION audit.is_canonical_json LEAKPROOF'],
  [
    'a function with another owner',
    `CREATE ROLE "%ROLE%"`,
    `GRANT CREATE ON SCHEMA audit TO "%ROLE%"; ALTER FUNCTION audit.lock_log OWNER TO "%ROLE%"`,
  ],
  ['a function of another name', 'ALTER FUNCTION audit.is_canonical_number RENAME TO is_canonical_numbers'],
  [
    'a function that is called instead, since its types fit better',
    `CREATE FUNCTION audit.is_canonical_json(p_json varchar) RETURNS boolean LANGUAGE sql AS 'SELECT true'`,
  ],
  [
    'a function in another language',
    `CREATE OR REPLACE FUNCTION audit.is_canonical_json(p_json text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'`,
  ],
  ['a rule', 'CREATE RULE extra AS ON DELETE TO audit.logs DO INSTEAD NOTHING'],
  [
    'a policy that hides one user',
    `ALTER TABLE audit.entries ENABLE ROW LEVEL SECURITY;
     CREATE POLICY own_log ON audit.entries USING ("user" <> 'mallory')`,
  ],
  [
    'a policy that hides one user of one’s own log',
    `ALTER TABLE audit.entries ENABLE ROW LEVEL SECURITY;
     CREATE POLICY own_log ON audit.entries USING (log = current_user AND "user" <> 'mallory')`,
  ],
  ['a policy that hides all', `CREATE POLICY own_log ON audit.logs USING (false)`],
  [
    'a policy that is tighter than others',
    `CREATE POLICY narrow ON audit.entries AS RESTRICTIVE FOR SELECT USING (index < 1)`,
  ],
  [
    'a policy for inserted rows',
    `CREATE POLICY narrow ON audit.entries FOR INSERT WITH CHECK (model <> 'x')`,
  ],
  ['row-level security that hides all', `ALTER TABLE audit.entries ENABLE ROW LEVEL SECURITY`],
  ['a table that a crash empties', 'ALTER TABLE audit.subtrees SET UNLOGGED'],
  ['a table with children', 'CREATE TABLE audit.child () INHERITS (audit.entries)'],
  [
    'a table with a parent',
    'CREATE TABLE audit.parent (log text COLLATE "C" NOT NULL); ALTER TABLE audit.logs INHERIT audit.parent',
  ],
  [
    'a view in place of a table',
    `ALTER TABLE audit.subtrees RENAME TO roots; CREATE VIEW audit.subtrees AS SELECT * FROM audit.roots`,
  ],
  ['a table with another owner', `CREATE ROLE "%ROLE%"`, `ALTER TABLE audit.subtrees OWNER TO "%ROLE%"`],
  ['a constraint that is gone', 'ALTER TABLE audit.entries DROP CONSTRAINT entries_index_check'],
  [
    'a constraint that holds for new rows only',
    `ALTER TABLE audit.entries DROP CONSTRAINT entries_index_check;
     ALTER TABLE audit.entries ADD CONSTRAINT entries_index_check CHECK (index >= 0) NOT VALID`,
  ],
  [
    'a constraint that says less',
    `ALTER TABLE audit.entries DROP CONSTRAINT entries_leaf_hash_check;
     ALTER TABLE audit.entries ADD CONSTRAINT entries_leaf_hash_check CHECK (octet_length(leaf_hash) > 0)`,
  ],
  ['a constraint that was added', `ALTER TABLE audit.entries ADD CHECK (model <> 'x')`],
  ['ids that need not be unique', 'ALTER TABLE audit.entries DROP CONSTRAINT entries_log_entry_id_key'],
  [
    'ids that are unique at the end only',
    `ALTER TABLE audit.entries DROP CONSTRAINT entries_log_entry_id_key;
     ALTER TABLE audit.entries ADD CONSTRAINT entries_log_entry_id_key UNIQUE (log, entry_id) DEFERRABLE`,
  ],
  ['a column that may be NULL', 'ALTER TABLE audit.entries ALTER COLUMN metadata DROP NOT NULL'],
  ['a column with a default', `ALTER TABLE audit.entries ALTER COLUMN model SET DEFAULT 'm'`],
  ['a column with another type', 'ALTER TABLE audit.entries ALTER COLUMN cost_usd TYPE real'],
  ['a column with other digits', 'ALTER TABLE audit.entries ALTER COLUMN timestamp TYPE timestamptz(0)'],
  [
    'a column with another collation',
    'ALTER TABLE audit.entries ALTER COLUMN input_text TYPE text COLLATE "POSIX"',
  ],
  ['a column that was added', 'ALTER TABLE audit.entries ADD COLUMN extra text'],
  [
    'a column that is computed',
    `ALTER TABLE audit.entries ADD COLUMN extra text GENERATED ALWAYS AS (model || 'x') STORED`,
  ],
  ['an index that is gone', 'DROP INDEX audit.entries_by_user'],
  [
    'an index of a part',
    `DROP INDEX audit.entries_by_time;
     CREATE INDEX entries_by_time ON audit.entries (log, timestamp, index) WHERE "user" <> 'mallory'`,
  ],
  [
    'an index of other columns',
    `DROP INDEX audit.entries_by_time; CREATE INDEX entries_by_time ON audit.entries (log, timestamp)`,
  ],
  [
    'an index in another order',
    `DROP INDEX audit.entries_by_time; CREATE INDEX entries_by_time ON audit.entries (log, timestamp DESC, index)`,
  ],
  [
    'an index of something of the same name',
    `CREATE SCHEMA evil; CREATE FUNCTION evil.left(text, integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT '' $$;
     DROP INDEX audit.entries_by_user;
     CREATE INDEX entries_by_user ON audit.entries (log, evil.left("user", 200), timestamp, index)`,
  ],
  [
    'an index that is not valid',
    `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'audit.entries_by_user'::regclass`,
  ],
  ['an index that forbids something', 'CREATE UNIQUE INDEX extra ON audit.entries (log, "user")'],
])('%s is found', async (_, ...statements) => {
  const client = await database.pool.connect()
  const role = `role ${randomUUID()}`
  try {
    // In a transaction that is rolled back, and that `verify` sees from within.
    await client.query('BEGIN')
    for (const statement of statements) await client.query(statement.replaceAll('%ROLE%', role))
    const found = await inspectWithin(client)
    expect(found.length).toBeGreaterThan(0)
    for (const finding of found) expect(finding).toMatchObject({ kind: 'damaged' })
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
})

test.each<[what: string, ...statements: string[]]>([
  ['the policies of the README', `CREATE ROLE audit_writer; ${readmeSql('one-log-a-role.sql')}`],
  [
    'a policy by a setting',
    `ALTER TABLE audit.entries ENABLE ROW LEVEL SECURITY;
     CREATE POLICY tenant ON audit.entries USING (log = current_setting('app.tenant')) WITH CHECK (log = current_setting('app.tenant', true))`,
  ],
  [
    'a policy by name',
    `ALTER TABLE audit.logs ENABLE ROW LEVEL SECURITY; CREATE POLICY chat ON audit.logs FOR SELECT USING (log = 'it''s')`,
  ],
  ['an index of one’s own', `CREATE INDEX mine ON audit.entries (log, (metadata::json ->> 'session'))`],
  [
    'a view, a table and a function of one’s own',
    `CREATE VIEW audit.costs AS SELECT sum(cost_usd) FROM audit.entries;
     CREATE TABLE audit.reports (); CREATE FUNCTION audit.report() RETURNS integer LANGUAGE sql AS 'SELECT 1'`,
  ],
  [
    'statistics and storage',
    `ALTER TABLE audit.entries SET (autovacuum_enabled = off); ANALYZE audit.entries`,
  ],
  [
    'rights',
    `CREATE ROLE audit_writer; ${readmeSql('roles.sql')
      .replace(/CREATE ROLE audit_writer.*/, '')
      .replace(/CREATE ROLE chat.*/, '')}`,
  ],
])('%s is no finding', async (_, ...statements) => {
  const client = await database.pool.connect()
  try {
    await client.query('BEGIN')
    for (const statement of statements) await client.query(statement)
    expect(await inspectWithin(client)).toEqual([])
  } finally {
    await client.query('ROLLBACK')
    client.release()
  }
})

/** What `inspect` says within a transaction that is not committed. */
async function inspectWithin(client: pg.PoolClient): Promise<readonly Finding[]> {
  const inner: pg.PoolClient = Object.create(client)
  const statements = new Map([
    ['BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY', 'SAVEPOINT inspection'],
    ['COMMIT', 'RELEASE inspection'],
  ])
  Object.assign(inner, {
    getTransactionStatus: () => 'I',
    release: () => {},
    query: (first: unknown, ...rest: unknown[]) =>
      Reflect.apply(client.query, client, [
        typeof first === 'string' ? (statements.get(first) ?? first) : first,
        ...rest,
      ]),
  })
  const pool: pg.Pool = Object.create(database.pool)
  Object.assign(pool, {
    connect: (callback: (error: undefined, client: pg.PoolClient) => void) => callback(undefined, inner),
  })
  return inspect(pool, 'default')
}

test('verify reports tampering, and migrate repairs triggers and functions', async () => {
  const own = await newDatabase()
  const backend = new PostgresBackend({ pool: own })
  await backend.migrate()
  const log = openLog(own, 'default')
  await log.record(input())
  await own.query(recreate(`BEFORE UPDATE OR DELETE ON audit.entries FOR EACH ROW WHEN (false) ${refuse}`))
  await own.query('ALTER FUNCTION audit.lock_log RESET ALL')
  expect((await log.verify()).findings).toMatchObject([{ kind: 'damaged' }, { kind: 'damaged' }])
  await backend.migrate()
  expect((await log.verify()).findings).toEqual([])
})

test('verify finds tampering with a partition', async () => {
  const own = await newDatabase()
  const backend = new PostgresBackend({ pool: own })
  await backend.migrate()
  await own.query(readmeSql('partitions.sql'))
  await backend.migrate()
  const log = openLog(own, 'default')
  await log.record(input())
  expect((await log.verify()).findings).toEqual([])
  for (const [change, back] of [
    [
      'ALTER TABLE audit.entries_0 DISABLE TRIGGER entries_append_only',
      'ALTER TABLE audit.entries_0 ENABLE ALWAYS TRIGGER entries_append_only',
    ],
    [
      'ALTER TABLE audit.entries_1 DISABLE TRIGGER not_truncated',
      'ALTER TABLE audit.entries_1 ENABLE TRIGGER not_truncated',
    ],
    ['ALTER TABLE audit.entries_1 SET UNLOGGED', 'ALTER TABLE audit.entries_1 SET LOGGED'],
    [
      'CREATE RULE extra AS ON DELETE TO audit.entries_0 DO INSTEAD NOTHING',
      'DROP RULE extra ON audit.entries_0',
    ],
    [
      `${nothing('audit', 'nothing')}; CREATE TRIGGER extra BEFORE INSERT ON audit.entries_0 FOR EACH ROW EXECUTE FUNCTION audit.nothing()`,
      'DROP TRIGGER extra ON audit.entries_0',
    ],
  ] as const) {
    await own.query(change)
    expect((await log.verify()).findings, change).toMatchObject([{ kind: 'damaged' }])
    await own.query(back)
    expect((await log.verify()).findings, back).toEqual([])
  }
})
