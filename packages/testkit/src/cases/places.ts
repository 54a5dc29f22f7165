import type { Area } from '../case.ts'
import { type Place, PlaceNotEmpty } from '../place.ts'
import { leavesOf, plainEntries } from '../sample-entries.ts'

/** A promise not of the backend but of the caller of the kit. Without it, no other case proves anything. */
export const places: Area = {
  name: 'places',
  cases: [
    {
      id: 'places.empty',
      title: 'create returns a new place with an empty log each time',
      async run(place) {
        const backend = await expectEmpty(place, 'the log in a fresh place')
        await backend.append(leavesOf(plainEntries(1)))
        await expectEmpty(
          await place.another(),
          'after one entry was appended in one place, the log in the next',
        )
      },
    },
  ],
}

async function expectEmpty(place: Place, what: string) {
  place.calls.allowForeignEntries()
  const backend = await place.open()
  const size = await backend.size()
  if (size > 0) {
    throw new PlaceNotEmpty(`${what} has ${size} entries; create() must make a new, empty place each time`)
  }
  return backend
}
