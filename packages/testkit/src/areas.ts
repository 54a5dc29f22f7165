import type { Area } from './case.ts'
import { append } from './cases/append.ts'
import { atomicity } from './cases/atomicity.ts'
import { count } from './cases/count.ts'
import { fidelity } from './cases/fidelity.ts'
import { filters } from './cases/filters.ts'
import { immutability } from './cases/immutability.ts'
import { integrity } from './cases/integrity.ts'
import { leafHashes } from './cases/leaf-hashes.ts'
import { lifeCycle } from './cases/life-cycle.ts'
import { model } from './cases/model.ts'
import { namedKeys } from './cases/named-keys.ts'
import { order } from './cases/order.ts'
import { paging } from './cases/paging.ts'
import { partialPages } from './cases/partial-pages.ts'
import { persistence } from './cases/persistence.ts'
import { places } from './cases/places.ts'
import { read } from './cases/read.ts'
import { readOnly } from './cases/read-only.ts'
import { record } from './cases/record.ts'
import { sharing } from './cases/sharing.ts'
import { subtrees } from './cases/subtrees.ts'
import { summaries } from './cases/summaries.ts'

/** Every case, by area, from the plainest promise to the most demanding. A new area is a file in `cases/` and a line here. */
export const AREAS: readonly Area[] = [
  places,
  append,
  read,
  order,
  filters,
  paging,
  partialPages,
  count,
  immutability,
  fidelity,
  atomicity,
  leafHashes,
  lifeCycle,
  persistence,
  readOnly,
  sharing,
  namedKeys,
  summaries,
  record,
  model,
  subtrees,
  integrity,
]
