export { PostgresServer } from './postgres-server.ts'
export { type ProvidedServer, provideServer } from './provided-server.ts'
