import { createCapture } from '@audit/capture'
import { AuditError, AuditLog, MemoryBackend } from '@audit/core'
import type { Scene } from '@audit/harness'
import { providerServer } from '@audit/harness/vitest'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { chatApp } from '../src/chat-app.ts'
import { Conversations } from '../src/conversations.ts'
import { askWithAiSdk } from '../src/models/with-ai-sdk.ts'
import { askWithOpenAI } from '../src/models/with-openai.ts'
import { settingsFrom } from '../src/settings.ts'
import { WAYS, type Way } from './chat-process.ts'

const provider = await providerServer()

/** Asks a chat whose log can store nothing. */
async function askWithoutLog(way: Way, scene: Scene, intent: boolean): Promise<Response> {
  const backend = new MemoryBackend()
  backend.append = () => Promise.reject(new AuditError('AUDIT_WRITE_FAILED', 'the disk is full'))
  const log = new AuditLog({ backend })
  const capture = createCapture({ log, intent })
  const settings = settingsFrom({ OPENAI_BASE_URL: scene.url, OPENAI_API_KEY: 'none' })
  const models = { openai: askWithOpenAI(settings, capture), 'ai-sdk': askWithAiSdk(settings, capture) }
  const app = chatApp({ log, capture, auditors: [], conversations: new Conversations(), models })
  return app.request(`/chat/${way}`, {
    method: 'POST',
    headers: { 'x-user': 'alice' },
    body: JSON.stringify({ session: 's1', message: 'Hello there' }),
  })
}

describe.each(WAYS)('with %s, if the log can store nothing', way => {
  test('a question is refused before a model is asked', async () => {
    const scene = provider.scene()
    const logged = vi.spyOn(console, 'error').mockReturnValue()
    onTestFinished(() => logged.mockRestore())
    const response = await askWithoutLog(way, scene, true)
    expect(logged).toHaveBeenCalledOnce()
    expect(response.status).toBe(503)
    expect(scene.requests).toBe(0)
  })

  test('an answer breaks off before its end, and is billed once', async () => {
    const scene = provider.scene('slow')
    const response = await askWithoutLog(way, scene, false)
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' })
    expect(scene).toMatchObject({ requests: 1, billed: 1 })
  })
})
