/** What reading an answer gives; where that throws, what stands for it. No call may fail because its answer cannot be read. */
export function readOr<Result>(read: () => Result, otherwise: () => Result): Result {
  try {
    return read()
  } catch {
    return otherwise()
  }
}
