// The SQLSTATEs that the schema's functions raise, of a class that PostgreSQL leaves to applications.

/** A trigger refuses a change, or a row out of turn. */
export const REFUSED = 'AU001'

/** There is no log with this name, or this role may not see it. */
export const NO_SUCH_LOG = 'AU002'

/** The tables are of a newer version. */
export const NEWER_FORMAT = 'AU003'

/** The server does not store what it is sent. */
export const SWALLOWED = 'AU004'

/** A subtree root does not match what is stored below it. */
export const FALSE_ROOT = 'AU005'

/** The session's encoding is not UTF-8, so texts would arrive changed. */
export const OTHER_ENCODING = 'AU006'

/** The schema holds objects of somebody else. */
export const FOREIGN_SCHEMA = 'AU007'

/** No reader could read the row. */
export const UNREADABLE = 'AU008'

/** The root before this one is not stored. */
export const ROOT_MISSING = 'AU009'
