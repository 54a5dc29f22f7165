import { type CostFigures, type RecordedCall, RunningFigures } from './cost-figures.ts'

/** The figures of a scope, with those of the scopes inside it. */
export interface CostSummary extends CostFigures {
  /** The same figures by model. */
  readonly models: Readonly<Record<string, CostFigures>>
  /** The scopes inside, by name. */
  readonly scopes: Readonly<Record<string, CostSummary>>
}

/** A scope inside the scopes around it. */
export class CostScope {
  readonly name: string
  readonly #parent: CostScope | undefined
  readonly #figures = new RunningFigures()
  readonly #models = new Map<string, RunningFigures>()
  readonly #children = new Map<string, CostScope>()

  constructor(name: string, parent?: CostScope) {
    this.name = name
    this.#parent = parent
  }

  /** The scope of a name inside this one; always the same. */
  child(name: string): CostScope {
    return entryOf(this.#children, name, () => new CostScope(name, this))
  }

  /** This scope and those around it, without the outermost, which has no name: the innermost first, each name once. */
  names(): ReadonlySet<string> {
    return new Set(this.#parent ? [this.name, ...this.#parent.names()] : [])
  }

  /** Adds a call to this scope and to those around it. */
  add(call: RecordedCall): void {
    this.#figures.add(call)
    entryOf(this.#models, call.model, () => new RunningFigures()).add(call)
    this.#parent?.add(call)
  }

  /** The figures without their parts. */
  figures(): CostFigures {
    return this.#figures.snapshot()
  }

  /** The figures as they are now, by model and by scope. */
  summary(): CostSummary {
    return {
      ...this.#figures.snapshot(),
      models: recordOf(this.#models, figures => figures.snapshot()),
      scopes: recordOf(this.#children, scope => scope.summary()),
    }
  }
}

/** The value of a key, made when it is first asked for. */
export function entryOf<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}

/** `fromEntries` makes own properties of keys such as __proto__. */
function recordOf<Value, Shown>(
  map: ReadonlyMap<string, Value>,
  show: (value: Value) => Shown,
): Readonly<Record<string, Shown>> {
  return Object.fromEntries(Array.from(map, ([key, value]) => [key, show(value)]))
}
