/** The same in both languages people are spoken to in. */
export type Words = Readonly<Record<'zh' | 'en', string>>

/** What people are told of a pipeline; its texts are in whatever language they are in. */
export type PipelineWords = {
  /** What a project of it is called. */
  name: Words
  /** One sentence above the form that begins one. */
  lead: Words
  /** On the button that does. */
  create: Words
  /** Of the text it begins with; absent where it begins with something else, in a form of its own. */
  text?: {
    label: Words
    placeholder: Words
    /** When there is none. */
    blank: Words
    samples: Readonly<Record<'zh' | 'en', readonly { title: string; text: string }[]>>
  }
  /** By stage: its name, and what will be there before there is anything. */
  stages: Readonly<Record<string, { name: Words; hint: Words }>>
}
