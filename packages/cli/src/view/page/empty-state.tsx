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

/** Says what went wrong, and what to do. */
export function ErrorState({ error }: { readonly error: Error }) {
  return (
    <div class="empty error" role="alert">
      <h2>This did not work</h2>
      <p>{error.message}</p>
      <button type="button" class="button" onClick={() => location.reload()}>
        Try again
      </button>
    </div>
  )
}
