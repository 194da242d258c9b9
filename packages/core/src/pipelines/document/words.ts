import type { PipelineWords } from '../../engine/words.ts'

export const words: PipelineWords = {
  name: { zh: '翻译', en: 'Translation' },
  lead: {
    zh: '把一份文档译成另一种语言，版式保持不变。',
    en: 'A document in one language becomes the same document in another, with its layout.',
  },
  create: { zh: '上传并创建', en: 'Upload and create' },
  stages: {
    extract: {
      name: { zh: '原文', en: 'Source' },
      hint: {
        zh: '文档会在这里拆成一段一段，每段标明位置。',
        en: 'The document is taken apart into its paragraphs here, each with its place.',
      },
    },
    translate: {
      name: { zh: '译文', en: 'Translation' },
      hint: {
        zh: '每一段旁边是它的译文，可以单独修改，也可以单独重译。',
        en: 'Each segment gets its translation beside it. Each can be edited, or translated anew, alone.',
      },
    },
    deliver: {
      name: { zh: '文件', en: 'File' },
      hint: {
        zh: '按原来的格式和版式重新合成文档。',
        en: 'The document is put together again, in its own format and layout.',
      },
    },
  },
}
