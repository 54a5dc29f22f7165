import { onOneLine, safeLines, safeText } from '../../output/safe-text.ts'

/** A foreign text over several lines: a text node, in which nothing is invisible and nothing changes the direction. */
export function Lines({ text }: { readonly text: string }) {
  return (
    <div class="lines" dir="ltr">
      {safeLines(text)}
    </div>
  )
}

/** A foreign text on one line. */
export function Word({ text }: { readonly text: string }) {
  return (
    <bdi class="word" dir="ltr">
      {safeText(text)}
    </bdi>
  )
}

/** A foreign text on one line, for an attribute, an option or the title: nothing in it is obeyed. */
export { safeText as word } from '../../output/safe-text.ts'

/** The beginning of a foreign text on one line: white space of all kinds is a space there. */
export function Preview({ text }: { readonly text: string }) {
  return <Word text={onOneLine(text)} />
}
