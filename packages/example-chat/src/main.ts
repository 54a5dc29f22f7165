import { settingsFrom } from './settings.ts'
import { startChat } from './start-chat.ts'
import { stopOnSignal } from './stop-on-signal.ts'

// Serves the chat with a real provider: OPENAI_API_KEY must be set.

const chat = await startChat(settingsFrom(process.env))
stopOnSignal(chat.stop)
console.log(`listening on ${chat.url}`)
