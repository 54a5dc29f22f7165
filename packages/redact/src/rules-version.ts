/** Stands in each entry as `audit.redacted.rules`. It changes whenever the built-in rules find something else than before. */
export const RULES_VERSION = '1'
