/** Stands for the owner of the repository until there is one. */
export const PLACEHOLDER = 'OWNER'

/** Where the repository is. All that is published takes it from here: replace OWNER, then run `pnpm metadata`. */
export const REPOSITORY = 'https://github.com/OWNER/audit'

/** Says what to do about a repository that has no owner yet: npm would refuse its provenance, and no link would lead anywhere. */
export function repositoryProblems(repository: string): readonly string[] {
  if (!repository.split('/').includes(PLACEHOLDER)) return []
  return [
    `${repository} is a placeholder: replace ${PLACEHOLDER} in packages/release/src/repository.ts, run pnpm metadata, and commit`,
  ]
}
