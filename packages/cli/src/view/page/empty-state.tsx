import type { ComponentChildren } from 'preact'

/** Says that there is nothing, why, and what to do next. */
export function EmptyState({
  title,
  heading: Heading = 'h1',
  children,
}: {
  readonly title: string
  /** `h2` within a view that has a heading of its own. */
  readonly heading?: 'h1' | 'h2'
  readonly children: ComponentChildren
}) {
  return (
    <div class="empty">
      <Heading>{title}</Heading>
      {children}
    </div>
  )
}

/** Errors that the same again does not mend: the message says what does. */
const LASTING: readonly unknown[] = ['gone', 'AUDIT_INVALID_QUERY']

/** Says what went wrong, and what to do. */
export function ErrorState({
  error,
  heading: Heading = 'h2',
}: {
  readonly error: Error
  readonly heading?: 'h1' | 'h2'
}) {
  const canTryAgain = !('code' in error && LASTING.includes(error.code))
  return (
    <div class="empty error" role="alert">
      <Heading>This did not work</Heading>
      <p>{error.message}</p>
      {canTryAgain && (
        <button type="button" class="button" onClick={() => location.reload()}>
          Try again
        </button>
      )}
    </div>
  )
}
