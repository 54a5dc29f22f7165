/** The code of `worker.ts` and all it imports, as one CommonJS text; made by the build. */
declare module '#worker-source' {
  const source: string
  export default source
}
