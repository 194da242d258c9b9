/** What an instruction asks for, as far as this writer understands it. */
export type Wish = { text: string } & (
  | { type: 'shorter' | 'longer' | 'night' | 'funny' | 'other' }
  | { type: 'rename'; name: string }
)

const renamed = [
  /(?:主角|主人公|男主|女主)(?:的名字)?(?:就?叫|名叫|改叫|改名为|改成|改为|换成)[“"「]?(?<name>\p{sc=Han}{2,4})/u,
  /\b(?:call|name)\s+(?:her|him|them|the\s+(?:hero|heroine|protagonist|main character))\s+(?<name>\p{Lu}\p{L}+)/u,
  /\b(?:hero|heroine|protagonist|main character)\s+(?:is\s+|should be\s+)?(?:called|named)\s+(?<name>\p{Lu}\p{L}+)/u,
] as const

/** Understands the commonest instructions; everything else is `other`, with its words. */
export function readWish(text: string): Wish {
  const name = renamed.map((pattern) => pattern.exec(text)?.groups?.name).find((found) => found !== undefined)
  if (name !== undefined) return { type: 'rename', name, text }
  if (
    /短一?[些点]|更短|缩短|精简|简短|简洁|压缩|太长|^短$|\b(?:short(?:er|en)?|brief(?:er|ly)?|concise|tight(?:er|en)|condense|too long)\b/iu.test(
      text,
    )
  ) {
    return { type: 'shorter', text }
  }
  if (
    /长一?[些点]|更长|加长|扩写|详细|丰富|太短|^长$|\b(?:longer|lengthen|expand|more detail(?:s|ed)?|elaborate|too short)\b/iu.test(
      text,
    )
  ) {
    return { type: 'longer', text }
  }
  if (/幽默|搞笑|有趣|好笑|风趣|\b(?:funn(?:y|ier)|humou?r(?:ous)?|comic(?:al)?|witty)\b/iu.test(text))
    return { type: 'funny', text }
  if (/夜|晚上|\b(?:night|dark(?:er)?)\b/iu.test(text)) return { type: 'night', text }
  return { type: 'other', text }
}

const chineseDigits = '零一二三四五六七八九十'
const place =
  /(?:shots?|scenes?|moves?)\s*(?:no\.?\s*|number\s*|#)?(\d+)|第\s*(\d+|[一二三四五六七八九十]+)\s*个?(?:分镜|镜头|镜|条|个)?|(?:分镜|镜头|镜)\s*(\d+|[一二三四五六七八九十]+)/iu

/** The row an instruction is about ("shot 3 at night", “第三个镜头改成夜景”), and what it says about it. */
export function readRowWish(text: string): { number: number | null; words: string } {
  const found = place.exec(text)
  const written = found?.[1] ?? found?.[2] ?? found?.[3]
  if (found === null || written === undefined) return { number: null, words: tidy(text) }
  return { number: readNumber(written), words: tidy(text.replace(found[0], '')) || tidy(text) }
}

function readNumber(written: string): number {
  if (/^\d+$/u.test(written)) return Number(written)
  if (!written.includes('十')) return chineseDigits.indexOf(written)
  const [tens, ones] = written.split('十')
  return (tens ? chineseDigits.indexOf(tens) : 1) * 10 + (ones ? chineseDigits.indexOf(ones) : 0)
}

function tidy(text: string): string {
  return text
    .trim()
    .replace(/^[\s，,：:的]*(?:请|please\s|should be\s|is\s|改成|改为|换成|变成|要)?/iu, '')
    .replace(/[。.！!，,\s]+$/u, '')
}
