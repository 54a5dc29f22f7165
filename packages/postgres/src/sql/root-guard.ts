import { IN_INDEX_ORDER } from './read-function.ts'
import { PLAIN_STRINGS, SAFE_PATH, type SqlFunction } from './sql-function.ts'
import { FALSE_ROOT, ROOT_MISSING } from './sql-states.ts'

/** How many hashes are under one stored root, and the bytes of a hash. */
const TILE = 256
const HASH = 32

/** The hashes below a root, in order. */
const below = (column: string, place: string, table: string, level: string) => `
      SELECT string_agg(hash, ''::bytea ORDER BY place) INTO hashes FROM (
        SELECT ${place} AS place, ${column} AS hash FROM audit.${table}
        WHERE (log, ${level}${place}) >= (given.log, ${level && 'given.level - 1, '}given.place * ${TILE})
          AND (log, ${level}${place}) < (given.log, ${level && 'given.level - 1, '}(given.place + 1) * ${TILE})
        ORDER BY log, ${level}${place}) AS stored;`

const REFUSE_FALSE_ROOT = `
DECLARE
  given record;
  hashes bytea;
BEGIN
  FOR given IN SELECT log, level, place, root FROM inserted ORDER BY log, level, place LOOP
    IF given.level = 1 THEN ${below('leaf_hash', 'index', 'entries', '')}
    ELSE ${below('root', 'place', 'subtrees', 'level, ')}
    END IF;
    IF octet_length(hashes) IS DISTINCT FROM ${TILE * HASH} THEN
      RAISE EXCEPTION 'the subtree is not complete' USING ERRCODE = '${FALSE_ROOT}';
    END IF;
    WHILE octet_length(hashes) > ${HASH} LOOP
      SELECT string_agg(sha256('\\x01'::bytea || substr(hashes, n * ${2 * HASH} + 1, ${2 * HASH})), ''::bytea ORDER BY n)
        INTO hashes FROM generate_series(0, octet_length(hashes) / ${2 * HASH} - 1) AS n;
    END LOOP;
    IF hashes <> given.root THEN
      RAISE EXCEPTION 'the root is not that of the hashes below it' USING ERRCODE = '${FALSE_ROOT}';
    END IF;
    IF given.place > 0 AND NOT EXISTS (SELECT FROM audit.subtrees
      WHERE log = given.log AND level = given.level AND place = given.place - 1)
    THEN
      RAISE EXCEPTION 'the root before it is not stored' USING ERRCODE = '${ROOT_MISSING}';
    END IF;
  END LOOP;
  RETURN NULL;
END
`

/**
 * Refuses a root that does not match what is stored below it: 256 leaf hashes, or 256 roots that were checked before (RFC
 * 9162, section 2.1.1). A role that may write entries must not be able to choose the tree over them. The roots of a level
 * must come in order, so that a binary search finds the last one.
 */
export const REFUSE_FALSE_ROOT_FUNCTION: SqlFunction = {
  name: 'refuse_false_root',
  parameters: [],
  returns: 'trigger',
  settings: [SAFE_PATH, PLAIN_STRINGS, ...IN_INDEX_ORDER],
  source: REFUSE_FALSE_ROOT,
}
