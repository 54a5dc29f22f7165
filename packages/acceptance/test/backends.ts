import type { BackendPlace } from '@audit/testkit'
import { BACKENDS, type BackendId } from '@audit/torture/backends'

/** Makes a fresh place for one log on a backend, as the kit has places. */
export async function newPlace(id: BackendId): Promise<BackendPlace> {
  const place = await BACKENDS[id].makePlace()
  return {
    open: () => BACKENDS[id].open(place.address),
    teardown: () => place[Symbol.asyncDispose](),
  }
}
