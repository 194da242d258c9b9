import type { PipelineWords } from '../../engine/words.ts'

export const words: PipelineWords = {
  name: { zh: '故事', en: 'Story' },
  lead: { zh: '一句话的主题，或一篇完整的原文，都可以。', en: 'A topic in a line or an original text: both will do.' },
  create: { zh: '创建故事', en: 'Create story' },
  text: {
    label: { zh: '主题或原文', en: 'Topic or original text' },
    placeholder: { zh: '守塔人捡到一封寄给大海的信……', en: 'A lighthouse keeper finds a letter addressed to the sea…' },
    blank: { zh: '请填写主题或原文。', en: 'Please enter a topic or a text.' },
    samples: {
      zh: [
        { title: '寄给大海的信', text: '守塔人捡到一封寄给大海的信，决定亲自把它送到。' },
        { title: '末班电车', text: '末班电车的司机忽然发现，车上的乘客全是在一九七四年上车的。' },
        { title: '屋顶上的蜂箱', text: '一段温暖的短科普：为什么养蜂人搬上了大城市的屋顶。' },
      ],
      en: [
        {
          title: 'The lighthouse',
          text: 'A lighthouse keeper finds a letter addressed to the sea, and decides to deliver it.',
        },
        {
          title: 'Last tram home',
          text: 'The driver of the last night tram realises that all her passengers got on in 1974.',
        },
        {
          title: 'Bees on the roof',
          text: 'A short, warm explainer: why beekeepers are moving onto the roofs of big cities.',
        },
      ],
    },
  },
  stages: {
    rewrite: {
      name: { zh: '改写', en: 'Rewrite' },
      hint: {
        zh: '你的主题或原文会在这里一字一字写成完整的文章。',
        en: 'Your topic or text becomes a finished piece of prose here, letter by letter.',
      },
    },
    storyboard: {
      name: { zh: '分镜', en: 'Storyboard' },
      hint: {
        zh: '文章会拆成一个个镜头：看见什么、说什么、停留多久。',
        en: 'The prose becomes a list of shots: what is seen, what is said, how long it stands.',
      },
    },
    camera: {
      name: { zh: '运镜', en: 'Camera' },
      hint: {
        zh: '为每个镜头设计运镜方式、速度，并写出画面提示词。',
        en: 'Each shot gets a camera move, its speed, and a prompt for the picture.',
      },
    },
  },
}
