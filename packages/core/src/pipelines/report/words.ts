import type { PipelineWords } from '../../engine/words.ts'

export const words: PipelineWords = {
  name: { zh: '报告', en: 'Report' },
  lead: {
    zh: '说明报告的用途、读者，以及已经知道的情况。',
    en: 'What the report is for, who reads it, and what is known already.',
  },
  create: { zh: '创建报告', en: 'Create report' },
  text: {
    label: { zh: '委托说明', en: 'Brief' },
    placeholder: {
      zh: '给区政府看的共享单车停放报告。我们管理 3 个街道，共有 1200 辆车……',
      en: 'A report for the town council on night buses. Two lines ran until 2019. They decide in May…',
    },
    blank: { zh: '请说明报告要写什么。', en: 'Please say what the report is about.' },
    samples: {
      zh: [
        {
          title: '共享单车停放',
          text: '共享单车的停放问题。我们管理 3 个街道，共有 1200 辆车。高峰时段的投诉集中在地铁口。预算不超过 50 万元。给区政府看。',
        },
        { title: '居家办公', text: '一家 120 人的公司每周居家办公两天。三个团队已经试行半年。给管理层看。' },
        {
          title: '校园菜园',
          text: '在一所 300 名学生的小学建一个菜园。体育馆后面有 400 平方米空地，经费 4 万元。给家长和老师看。',
        },
      ],
      en: [
        {
          title: 'Night buses',
          text: 'Night buses for a town of 40,000 people. Two lines ran until 2019. Taxis are rare after eleven. The council decides in May.',
        },
        {
          title: 'Working from home',
          text: 'Two days a week at home for a company of 120 people. Three teams have tried it for half a year. For the management board.',
        },
        {
          title: 'A school garden',
          text: 'A garden for a primary school with 300 pupils. There are 400 square metres behind the gym and 5,000 euros. For parents and teachers.',
        },
      ],
    },
  },
  stages: {
    outline: {
      name: { zh: '提纲', en: 'Outline' },
      hint: {
        zh: '委托说明会在这里变成带要点的各节提纲，报告照它来写。',
        en: 'The brief becomes sections with their points here: the plan the report follows.',
      },
    },
    report: {
      name: { zh: '报告', en: 'Report' },
      hint: {
        zh: '报告会在这里逐节写出。每一节都可以单独重写。',
        en: 'The report is written here section by section. Each can be written anew alone.',
      },
    },
  },
}
