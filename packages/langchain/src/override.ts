/** A method, of whatever parameters. */
export type Method = (...given: unknown[]) => unknown

/** Hides a method of the class behind one of the object, which nobody sees who lists its properties. */
export function override(object: object, name: string, change: (original: Method) => Method): void {
  const original: unknown = Reflect.get(object, name)
  if (typeof original !== 'function') return
  const value = change((...given) => original.apply(object, given))
  Object.defineProperty(object, name, { value, writable: true, configurable: true, enumerable: false })
}
