import { expect, test } from 'vitest'
import { redacted } from './scene.ts'

test.each([
  [
    'full-width characters',
    'カード４２４２４２４２４２４２４２４２、ａｌｉｃｅ＠ｅｘａｍｐｌｅ．ｃｏｍ。',
    'カード[CARD_1]、[EMAIL_1]。',
  ],
  ['digits of other scripts', '(٤١١١١١١١١١١١١١١١) (४२४२४२४२४२४२४२४२)', '([CARD_1]) ([CARD_2])'],
  ['digits outside the basic plane', '𝟒𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟘', '𝟒𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟘'],
  ['the same, with a right check digit', '𝟒𝟏𝟏𝟏 1111 𝟙𝟙𝟙𝟙 1111!', '[CARD_1]!'],
  [
    'no-break, thin and ideographic spaces',
    '4111\u00a01111\u202f1111\u30001111 x',
    '4111\u00a01111\u202f1111\u30001111 x'.replace(/^.{19}/, '[CARD_1]'),
  ],
  ['characters without width inside', 'a\u200bli\u2060ce@exam\u00adple.com', '[EMAIL_1]'],
  [
    'marks of direction around, which stay',
    '\u2067alice@example.com\u2069 \u200f4111111111111111\u200e',
    '\u2067[EMAIL_1]\u2069 \u200f[CARD_1]\u200e',
  ],
  ['right-to-left text', 'דוא"ל: alice@example.com, وalice@example.com', 'דוא"ל: [EMAIL_1], و[EMAIL_1]'],
  [
    'text without spaces around',
    '请联系alice@example.com谢谢，เขียนถึงalice@example.comครับ',
    '请联系[EMAIL_1]谢谢，เขียนถึง[EMAIL_1]ครับ',
  ],
  [
    'internationalized addresses',
    '用户@例子.广告 иван@пример.испытание jürgen@exämple.example',
    '[EMAIL_1] [EMAIL_2] [EMAIL_3]',
  ],
  ['emoji beside', '🧾4111111111111111🔒 👩‍👩‍👧alice@example.com', '🧾[CARD_1]🔒 👩‍👩‍👧[EMAIL_1]'],
  ['dashes of all widths', '4111‑1111‑1111‑1111 123–45–6789', '[CARD_1] [SSN_1]'],
  ['variation selectors and keycaps', '4️⃣1️⃣1️⃣1️⃣ 1111 1111 1111', '[CARD_1]'],
  ['mathematical letters', '𝗮𝗹𝗶𝗰𝗲@𝗲𝘅𝗮𝗺𝗽𝗹𝗲.𝗰𝗼𝗺 𝚜𝚔-𝚙𝚛𝚘𝚓-𝚊𝟷𝚊𝟷𝚊𝟷𝚊𝟷𝚊𝟷𝚊𝟷𝚊𝟷𝚊𝟷𝚊𝟷𝚊𝟷', '[EMAIL_1] [API_KEY_1]'],
  [
    'full-width punctuation',
    '＋１（２１２）５５５－０１２３、ａｌｉｃｅ﹫ｅｘａｍｐｌｅ．ｃｏｍ',
    '[PHONE_1]、[EMAIL_1]',
  ],
])('%s', async (_, text, expected) => {
  expect(await redacted(text)).toBe(expected)
})
