import { createMiddleware } from 'hono/factory'

/** What a request knows once it is known who sent it. */
export interface Identified {
  readonly Variables: { readonly user: string }
}

/**
 * Stands for the login of your application: without a user, nothing is asked. Put your session or token check here. A header that a
 * client can set proves nothing, and an entry would name whomever the client likes.
 */
export const identify = createMiddleware<Identified>(async (c, next) => {
  const user = c.req.header('x-user')
  if (!user) return c.json({ error: 'who are you? Send the header x-user' }, 401)
  c.set('user', user)
  return next()
})

/** Lets only these users pass. */
export function only(users: readonly string[]) {
  return createMiddleware<Identified>(async (c, next) => {
    if (!users.includes(c.get('user'))) return c.json({ error: 'only auditors may read the log' }, 403)
    return next()
  })
}
