import type { PipelineWords } from '../../engine/words.ts'

export const words: PipelineWords = {
  name: { zh: '应用', en: 'App' },
  lead: {
    zh: '说明一个小应用要做什么。它会依次变成计划、规格和可以试用的文件。',
    en: 'What a small app should do. It becomes a plan, a specification, and files you can try.',
  },
  create: { zh: '创建应用', en: 'Create app' },
  text: {
    label: { zh: '需求', en: 'Requirement' },
    placeholder: {
      zh: '写一个分摊饭钱的小页面。可以有几个人，按比例加小费，算出谁该给谁多少……',
      en: 'A page to split a dinner bill. Several people, a tip in percent, who owes whom…',
    },
    blank: { zh: '请说明应用要做什么。', en: 'Please say what the app should do.' },
    samples: {
      zh: [
        { title: '分摊饭钱', text: '写一个分摊饭钱的小页面。可以有几个人，按比例加小费，算出谁该给谁多少。' },
        { title: '今天喝水', text: '写一个记录每天喝水量的小页面。可以加一杯、撤销，显示今天还差多少。' },
        { title: '行李清单', text: '写一个周末出行的行李清单。可以添加、勾选，未完成的单独显示。' },
      ],
      en: [
        {
          title: 'Split the bill',
          text: 'A page to split a dinner bill. Several people, a tip in percent, and who owes whom how much.',
        },
        {
          title: 'Water today',
          text: 'A page that counts glasses of water. Add one, take one back, and see what is left for today.',
        },
        {
          title: 'Packing list',
          text: 'A packing list for a weekend. Things are added, ticked off and shown apart by what is still open.',
        },
      ],
    },
  },
  stages: {
    plan: {
      name: { zh: '计划', en: 'Plan' },
      hint: {
        zh: '需求会在这里变成分节的计划。每一节都可以修改和锁定。',
        en: 'The requirement becomes a plan in sections here. Each can be edited, and locked.',
      },
    },
    execute: {
      name: { zh: '规格', en: 'Specification' },
      hint: {
        zh: '计划会变成可以直接编码的规格。',
        en: 'The plan becomes a specification that can be coded as it stands.',
      },
    },
    validate: {
      name: { zh: '评审', en: 'Review' },
      hint: { zh: '规格会得到一个分数和理由。', en: 'The specification gets a score, with reasons.' },
    },
    generate: {
      name: { zh: '代码', en: 'Code' },
      hint: {
        zh: '应用的文件会在这里一个接一个写出来。',
        en: 'The files of the app are written here, one after the other.',
      },
    },
  },
}
