// One server for all tests.
export { shareServer as default } from '../src/server.ts'
