"""Asks OpenAI's and Anthropic's SDKs for Python, and prints what they say: ask.py <address of the proxy>."""

import json
import sys

import anthropic
import openai

address = sys.argv[1]
headers = {"x-audit-user": "alice", "x-audit-session": "s-1"}
messages = [{"role": "user", "content": "a question from Python"}]

client = openai.OpenAI(base_url=f"{address}/openai/v1", api_key="none", default_headers=headers)
chat = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
stream = client.chat.completions.create(model="gpt-4o-mini", messages=messages, stream=True)
streamed = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
response = client.responses.create(model="gpt-4o-mini", input="a question from Python")

other = anthropic.Anthropic(base_url=f"{address}/anthropic", api_key="none", default_headers=headers)
message = other.messages.create(model="claude-of-the-test", max_tokens=100, messages=messages)

print(json.dumps([chat.choices[0].message.content, streamed, response.output_text, message.content[0].text]))
