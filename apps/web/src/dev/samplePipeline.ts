import type { PipelineView } from '../types.ts'
const stage = (key: string, zh: string, en: string): PipelineView['stages'][number] => ({
  key,
  name: { zh, en },
  hint: null,
  formats: ['docx', 'md', 'html'],
  previewFrom: null,
})
const same = (words: string) => ({ zh: words, en: words })

/** The one pipeline of the gallery. */
export const samplePipeline: PipelineView = {
  key: 'story',
  name: { zh: '故事', en: 'Story' },
  lead: { zh: '一句话的主题，或一段原文。', en: 'A topic in a line or an original text: both will do.' },
  create: { zh: '创建故事', en: 'Create story' },
  text: {
    field: 'text',
    limit: 50_000,
    label: { zh: '主题或原文', en: 'Topic or original text' },
    placeholder: same('…'),
    blank: { zh: '请输入主题或文本。', en: 'Please enter a topic or a text.' },
    samples: {
      zh: [{ title: '灯塔', text: '守塔人收到一封写给大海的信。' }],
      en: [{ title: 'The lighthouse', text: 'A lighthouse keeper finds a letter addressed to the sea.' }],
    },
  },
  stages: [
    stage('rewrite', '文案', 'Rewrite'),
    stage('storyboard', '分镜', 'Storyboard'),
    stage('camera', '运镜', 'Camera'),
  ],
}
