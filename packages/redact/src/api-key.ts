import { type Finder, matchesOf, matching } from './span.ts'

const AWS_ID = '(?:AKIA|ASIA|ABIA|ACCA)[A-Z\\d]{16}'

/** How the keys of each service begin, and what follows: a pattern whose repetitions have no second way to match. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  OpenAI: [
    'sess-[A-Za-z\\d]{40}',
    'sk-(?:proj|svcacct|admin|None)-[\\w\\-]{20,999}',
    'sk-(?=[\\w\\-]{0,40}\\d)[A-Za-z\\d]{20,999}',
    'sk-(?=[\\w\\-]{0,60}\\d)(?=[\\w\\-]{0,60}[A-Z])[\\w\\-]{20,999}',
  ],
  Anthropic: ['sk-ant-[\\w\\-]{20,999}'],
  OpenRouter: ['sk-or-v1-[\\da-f]{32,999}'],
  Langfuse: ['sk-lf-[\\da-f\\-]{20,999}'],
  LangSmith: ['lsv2_(?:pt|sk)_\\w{20,999}'],
  'Hugging Face': ['hf_[A-Za-z\\d]{30,999}', 'api_org_[A-Za-z\\d]{30,999}'],
  Groq: ['gsk_[A-Za-z\\d]{40,999}'],
  xAI: ['xai-[A-Za-z\\d]{40,999}'],
  Perplexity: ['pplx-[A-Za-z\\d]{32,999}'],
  Replicate: ['r8_[A-Za-z\\d]{36,999}'],
  NVIDIA: ['nvapi-[\\w\\-]{40,999}'],
  Cerebras: ['csk-[a-z\\d]{40,999}'],
  Pinecone: ['pcsk_\\w{40,999}'],
  ElevenLabs: ['sk_[\\da-f]{48}'],
  Jina: ['jina_[\\w\\-]{40,999}'],
  Tavily: ['tvly-[\\w\\-]{20,999}'],
  AWS: [
    `${AWS_ID}(?![A-Za-z\\d])`,
    'ABSK[A-Za-z\\d+/]{60,999}={0,2}',
    'bedrock-api-key-[A-Za-z\\d+/]{40,9999}={0,2}',
    '(?:IQoJb3JpZ2lu|FwoGZXIvYXdz)[A-Za-z\\d+/]{80,9999}={0,2}',
  ],
  Azure: ['[\\w~.\\-]{3}\\dQ~[\\w~.\\-]{31,34}'],
  Google: [
    'AIza[\\w\\-]{35}',
    'AQ\\.Ab[\\w\\-]{30,999}',
    'GOCSPX-[\\w\\-]{28}',
    'ya29\\.[\\w\\-]{20,999}',
    '1//0[\\w\\-]{40,999}',
  ],
  GitHub: ['gh[oprsu]_[A-Za-z\\d]{30,999}', 'github_pat_\\w{30,999}'],
  GitLab: ['gl(?:pat|dt|rt|ft|ptt|cbt|soat|agent|imt|oas)-[\\w\\-]{20,999}'],
  Atlassian: ['AT[AC]TT3[\\w\\-=]{60,999}'],
  Slack: [
    'xoxd-[\\w\\-+/]{10,999}={0,2}',
    'xox[a-z](?:\\.xox[a-z])?-[\\w\\-]{10,999}',
    'xapp-\\d-[\\w\\-]{20,999}',
  ],
  'Slack webhooks': ['hooks\\.slack\\.com/(?:services|workflows|triggers)/[\\w/]{20,999}'],
  Discord: ['[MNO][A-Za-z\\d]{23,27}\\.[\\w\\-]{6}\\.[\\w\\-]{27,40}'],
  Telegram: ['\\d{8,10}:AA[\\w\\-]{33}'],
  npm: ['npm_[A-Za-z\\d]{36}'],
  PyPI: ['pypi-Ag[\\w\\-]{50,999}'],
  RubyGems: ['rubygems_[\\da-f]{40,999}'],
  Docker: ['dckr_(?:pat|oat)_[\\w\\-]{20,999}'],
  Stripe: ['(?:sk|rk)_(?:live|test)_[A-Za-z\\d]{10,999}', 'whsec_[A-Za-z\\d+/=]{24,999}'],
  Square: ['sq0(?:atp|csp)-[\\w\\-]{22,999}'],
  Shopify: ['shp(?:at|ca|pa|ss|tka)_[\\dA-Fa-f]{32}'],
  SendGrid: ['SG\\.[\\w\\-]{16,32}\\.[\\w\\-]{16,64}'],
  Twilio: ['SK[\\da-f]{32}(?![A-Za-z\\d])'],
  Mailgun: ['key-[\\da-f]{32}(?![A-Za-z\\d])'],
  Mailchimp: ['[\\da-f]{32}-us\\d{1,2}(?!\\d)'],
  DigitalOcean: ['do[opr]_v1_[\\da-f]{64}'],
  Databricks: ['dapi[\\da-f]{32}(?:-\\d)?'],
  Heroku: ['HRKU-[\\w\\-]{36,999}'],
  Netlify: ['nfp_[A-Za-z\\d]{36,999}'],
  Supabase: ['sb(?:p|_secret)_[\\w\\-]{20,999}'],
  PlanetScale: ['pscale_(?:tkn|pw|oauth)_[\\w\\-.=]{32,999}'],
  HashiCorp: ['hv[bsr]\\.[\\w\\-]{24,999}'],
  Doppler: ['dp\\.(?:pt|st|ct|sa|scim|audit)\\.[\\w.\\-]{20,999}'],
  Grafana: ['gl(?:sa|c)_[A-Za-z\\d+/=_]{32,999}'],
  'New Relic': ['NRAK-[A-Z\\d]{27}'],
  Sentry: ['sntry[su]_[A-Za-z\\d+/=_]{40,999}'],
  Postman: ['PMAK-[\\da-f]{24}-[\\da-f]{34}'],
  Linear: ['lin_(?:api|oauth)_[A-Za-z\\d]{32,999}'],
  Notion: ['ntn_[A-Za-z\\d]{40,999}', 'secret_[A-Za-z\\d]{43}(?![A-Za-z\\d])'],
  Figma: ['fig[dou]_[\\w\\-]{36,999}'],
  Airtable: ['pat[A-Za-z\\d]{14}\\.[\\da-f]{64}'],
  Vercel: ['vck_[A-Za-z\\d]{40,999}'],
  age: ['AGE-SECRET-KEY-1[A-Z\\d]{58}'],
}

const findKeys = matching(new RegExp(`(?<![A-Za-z\\d])(?:${Object.values(KEYS).flat().join('|')})`, 'g'))

/** What keys without a prefix stand behind: AWS's secret ones also behind their id. */
const NAMES = [
  '(?:[aA][pP][iI]|OPENAI|[sS]ubscription)[-_ ]?[kK](?:EY|ey)',
  '[sS](?:ECRET|ecret)[-_ ]?[aA](?:CCESS|ccess)[-_ ]?[kK](?:EY|ey)',
  AWS_ID,
  '(?:Account|SharedAccess)Key',
  '[?&]sig',
  '[bB]earer',
]

/** `name = "…`, `--name …`, `'name' => '…`, or `the name is …`: 32 characters or more, with a digit. Others are words. */
const NAMED_KEY = new RegExp(
  `(?<name>(?:${NAMES.join('|')})["']?(?: is)?[:=>, ]{1,6}["']?)(?=[\\w\\-+/]{0,60}\\d)[\\w\\-+/]{32,999}={0,2}`,
  'g',
)

/** API keys that begin as those of a known service, and those behind a name, which otherwise look like any random text. */
export const findApiKeys: Finder = function* find(text) {
  yield* findKeys(text)
  for (const { index, 0: found, groups } of matchesOf(text, NAMED_KEY)) {
    const { name = '' } = groups ?? {}
    yield { start: index + name.length, end: index + found.length }
  }
}
