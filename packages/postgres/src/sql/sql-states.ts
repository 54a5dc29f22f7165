// What the functions of the schema raise: SQLSTATEs of a class that PostgreSQL leaves to applications.

/** The guards refuse a change, or a row that is not in turn. */
export const REFUSED = 'AU001'

/** There is no log of this name, or none that this role may see. */
export const NO_SUCH_LOG = 'AU002'

/** The tables are of a newer version. */
export const NEWER_FORMAT = 'AU003'

/** The database does not keep what it is given. */
export const SWALLOWED = 'AU004'

/** A subtree root is not the one of what is stored below it. */
export const FALSE_ROOT = 'AU005'

/** The session's texts are not in UTF-8, so what was meant is not what arrives. */
export const OTHER_ENCODING = 'AU006'

/** The schema holds objects of somebody else. */
export const FOREIGN_SCHEMA = 'AU007'

/** The row is one that no reader could read. */
export const UNREADABLE = 'AU008'

/** The root before this one is not stored. */
export const ROOT_MISSING = 'AU009'
