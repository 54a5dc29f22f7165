/** The package has no types of its own; see NativeLock for what is used. */
declare module 'fs-native-extensions'
