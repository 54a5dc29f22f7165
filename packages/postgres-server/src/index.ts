export { PostgresServer, type ServerOptions, type Settings } from './postgres-server.ts'
export { type ProvidedServer, provideServer } from './provided-server.ts'
