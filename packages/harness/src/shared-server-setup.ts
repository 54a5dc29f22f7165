// What vitest runs before the tests of a package, and what it gives ends the server behind them.
export { shareServer as default } from './shared-server.ts'
