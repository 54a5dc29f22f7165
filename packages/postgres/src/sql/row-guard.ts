import { MAX_LINE_BYTES } from '../append.ts'
import { BROKEN_ESCAPE } from '../text.ts'
import { PLAIN_STRINGS, SAFE_PATH, type SqlFunction } from './sql-function.ts'
import { UNREADABLE } from './sql-states.ts'

/** How deeply core allows metadata to be nested. */
const MAX_DEPTH = 256
/** A UUID as core's `canonicalEntryId` spells it, if it is in lower case; and a UUID in any spelling. */
const LIKE_UUID = '________-____-____-____-____________'
const UUID = '^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$'

/** Numbers, and what is no number, whose spelling needs no closer look. */
const PLAIN_VALUE = '^([1-9][0-9]{0,14}|true|false|null|0)$'

const isAmount = (column: string) =>
  `(${column} IS NULL OR ${column} > 0 AND ${column} < 'Infinity' OR ${column} = 0 AND ${column}::text = '0')`
const isText = (column: string) => `(strpos(${column}, E'\\x10') = 0 OR ${column} !~ '${BROKEN_ESCAPE}')`
const TEXTS = ['entry_id', '"user"', 'model', 'input_text', 'output_text']

// What most metadata is: ASCII that needs no escape, and no value with parts. A function call costs five times as much.
const IS_PLAIN_METADATA = `strpos(metadata, '\\') = 0 AND octet_length(metadata) = length(metadata) AND (
  SELECT count(*) > 0 AND bool_and(coalesce(key > previous, true) AND (left(part, 1) = '"' OR part ~ '${PLAIN_VALUE}'))
    AND 1 + sum(octet_length(key) + octet_length(part) + 4) = octet_length(metadata)
  FROM (SELECT key COLLATE "C", value::text AS part, lag(key COLLATE "C") OVER () AS previous FROM json_each(metadata::json)) AS item)`

const CHECKS: Readonly<Record<string, string>> = {
  timestamp: `"timestamp" BETWEEN '0001-01-01 00:00:00+00 BC' AND '9999-12-31 23:59:59.999+00'`,
  entry_id: `(entry_id LIKE '${LIKE_UUID}' AND entry_id = lower(entry_id) OR entry_id !~* '${UUID}')`,
  cost_usd: isAmount('cost_usd'),
  latency_ms: isAmount('latency_ms'),
  'escape of a text': TEXTS.map(isText).join(' AND '),
  length: `${[...TEXTS, 'metadata'].map(column => `octet_length(${column})::bigint`).join(' + ')} <= ${MAX_LINE_BYTES}`,
  metadata: `(metadata = '{}' OR left(metadata, 1) = '{' AND (${IS_PLAIN_METADATA} OR audit.is_canonical_json(metadata)))`,
}

/**
 * Refuses rows that no reader could read: a role that inserts without this package must not be able to make others' queries
 * fail. Runs after the statement, once for all its rows.
 */
const REFUSE_UNREADABLE = `
DECLARE
  field text;
BEGIN
  SELECT CASE ${Object.entries(CHECKS)
    .map(([field, check]) => `\n      WHEN NOT (${check}) THEN '${field}'`)
    .join('')}
    END INTO field FROM inserted
    WHERE NOT (${Object.values(CHECKS).join('\n      AND ')}) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'no reader could read this row: the % is not spelt as an entry has it', field USING ERRCODE = '${UNREADABLE}';
  END IF;
  RETURN NULL;
END
`

// JSON can hold \\u0000 where a text cannot, so it becomes two other characters, which keeps the order of the keys.
const WITHOUT_NUL = `replace(replace(p_json, '\\u0001', '\\u0001\\u0002'), '\\u0000', '\\u0001\\u0001')`

/** Whether a text is JSON as RFC 8785 spells it. Raises the error of the cast if it is not JSON. */
const IS_CANONICAL_JSON = `
BEGIN
  IF strpos(p_json, '\\u00') > 0 AND p_json ~ '(^|[^\\\\])(\\\\\\\\)*\\\\u00[01][A-F]' THEN
    RETURN false; -- the digits of an escape are small
  END IF;
  RETURN audit.is_canonical_value(
    (CASE WHEN strpos(p_json, '\\u0000') > 0 THEN ${WITHOUT_NUL} ELSE p_json END)::json, ${MAX_DEPTH});
END
`

// Keys are ordered by their UTF-16 code units: characters beyond U+FFFF come before those from U+E000 on.
const SORT_KEY = `regexp_replace(replace(item.key, E'\\U0010FFFF', E'\\U0010FFFF\\x01'), '([\\uE000-\\uFFFF])', E'\\U0010FFFF\\\\1', 'g')`

/**
 * Whether a JSON value is spelt canonically, and not nested too deeply. It sums the lengths of the parts of an object or an
 * array: any space between them, and any unnecessary escape in a key, makes the whole longer than that sum.
 */
const IS_CANONICAL_VALUE = `
DECLARE
  spelt text := p_value::text;
  type text := json_typeof(p_value);
  is_plain boolean;
  is_ascii boolean;
  item record;
  this text COLLATE "C";
  previous text COLLATE "C";
  part text;
  bytes bigint := 1;
BEGIN
  IF type = 'string' THEN
    RETURN strpos(spelt, '\\') = 0 OR spelt = to_json(p_value #>> '{}')::text;
  ELSIF type = 'number' THEN
    RETURN audit.is_canonical_number(spelt);
  ELSIF type IN ('boolean', 'null') THEN
    RETURN true;
  ELSIF p_depth = 0 THEN
    RETURN false;
  END IF;
  IF spelt IN ('{}', '[]') THEN
    RETURN true;
  END IF;
  IF type = 'array' THEN
    FOR item IN SELECT value FROM json_array_elements(p_value) LOOP
      IF NOT audit.is_canonical_value(item.value, p_depth - 1) THEN
        RETURN false;
      END IF;
      bytes := bytes + 1 + octet_length(item.value::text);
    END LOOP;
    RETURN bytes = octet_length(spelt);
  END IF;
  is_plain := strpos(spelt, '\\') = 0;
  is_ascii := octet_length(spelt) = length(spelt);
  FOR item IN SELECT key, value FROM json_each(p_value) LOOP
    this := CASE WHEN is_ascii THEN item.key ELSE ${SORT_KEY} END;
    IF this <= previous THEN
      RETURN false;
    END IF;
    previous := this;
    part := item.value;
    -- What most values are is settled here, since a call costs more.
    IF NOT (is_plain AND left(part, 1) = '"' OR part ~ '${PLAIN_VALUE}'
      OR audit.is_canonical_value(item.value, p_depth - 1))
    THEN
      RETURN false;
    END IF;
    bytes := bytes + 2 + octet_length(part)
      + CASE WHEN is_plain THEN octet_length(item.key) + 2 ELSE octet_length(to_json(item.key)::text) END;
  END LOOP;
  RETURN bytes = octet_length(spelt);
END
`

/**
 * Whether a number is spelt as in ECMAScript: with the fewest digits, and an exponent below 10^-6 and from 10^21 on. Up to
 * 15 digits are never more than needed.
 */
const IS_CANONICAL_NUMBER = `
DECLARE
  number double precision;
  shortest text;
BEGIN
  IF p_number ~ '^-?(0|[1-9][0-9]*)(\\.[0-9]*[1-9])?$' AND octet_length(p_number) < 16 AND p_number !~ '^-?0\\.000000' THEN
    RETURN p_number <> '-0';
  END IF;
  number := p_number::double precision;
  shortest := number::text;
  IF abs(number) >= 1e-6 AND abs(number) < 1e21 THEN
    shortest := trim_scale(shortest::numeric)::text;
  ELSE
    shortest := regexp_replace(shortest, 'e([+-])0*', 'e\\1');
  END IF;
  IF p_number = shortest THEN
    RETURN true;
  END IF;
  -- PostgreSQL takes one digit more for a number that lies halfway between two doubles.
  RETURN p_number ~ '^-?([1-9](\\.[0-9]*[1-9])?e[+-][1-9][0-9]*|(0|[1-9][0-9]*)(\\.[0-9]*[1-9])?)$'
    AND (p_number ~ 'e') = (shortest ~ 'e')
    AND length(regexp_replace(rtrim(split_part(p_number, 'e', 1), '0'), '^-?0?\\.?0*|\\.', '', 'g'))
      < length(regexp_replace(rtrim(split_part(shortest, 'e', 1), '0'), '^-?0?\\.?0*|\\.', '', 'g'));
END
`

const pure = (name: string, parameters: SqlFunction['parameters'], source: string): SqlFunction => ({
  name,
  parameters,
  returns: 'boolean',
  volatility: 'IMMUTABLE',
  isForEveryone: true, // every inserting role calls them through the trigger
  settings: [], // the trigger's settings apply; own settings would cost a microsecond per call
  source,
})

/** The trigger's function, and the functions that it calls. */
export const ROW_GUARD_FUNCTIONS: readonly SqlFunction[] = [
  pure('is_canonical_number', [['p_number', 'text']], IS_CANONICAL_NUMBER),
  pure(
    'is_canonical_value',
    [
      ['p_value', 'json'],
      ['p_depth', 'integer'],
    ],
    IS_CANONICAL_VALUE,
  ),
  pure('is_canonical_json', [['p_json', 'text']], IS_CANONICAL_JSON),
  {
    name: 'refuse_unreadable',
    parameters: [],
    returns: 'trigger',
    settings: [SAFE_PATH, PLAIN_STRINGS, 'extra_float_digits=1'],
    source: REFUSE_UNREADABLE,
  },
]
