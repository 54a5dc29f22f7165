export { Gate } from './gate.ts'
export { ProxyServer } from './proxy-server.ts'
export { Relay } from './relay.ts'
