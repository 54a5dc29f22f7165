// One server for all tests.
export { default } from '@audit/postgres-server/vitest'
