export {
  ANSWER,
  type Answer,
  type Ask,
  type Form,
  isStream,
  type Play,
  QUESTION,
  readAll,
  shownError,
} from './provider/play.ts'
export { playsWith } from './provider/plays.ts'
export { type Situation, situations, textMatches } from './provider/situations.ts'
