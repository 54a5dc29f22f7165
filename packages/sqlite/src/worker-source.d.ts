/** The code of `worker.ts` and everything it imports, as one CommonJS text; the build creates it. */
declare module '#worker-source' {
  const source: string
  export default source
}
