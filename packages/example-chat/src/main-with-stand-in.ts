import { ProviderServer } from '@audit/harness'
import { settingsFrom } from './settings.ts'
import { startChat } from './start-chat.ts'
import { stopOnSignal } from './stop-on-signal.ts'

// Serves the chat with a stand-in for the provider, which repeats what it is asked: no key, no network.

const provider = await ProviderServer.start()
const standIn = { OPENAI_API_KEY: 'none', OPENAI_BASE_URL: provider.scene().url, AUDITORS: 'carol' }
const chat = await startChat(settingsFrom({ ...process.env, ...standIn }))
stopOnSignal(async () => {
  await chat.stop()
  await provider.stop()
})
console.log(`listening on ${chat.url}`)
