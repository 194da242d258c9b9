import { createI18n, useI18n } from 'vue-i18n'
import { usePipelines } from './projects/pipelines.ts'
import type { en } from './locales/en.ts'

export type MessageKey = keyof typeof en
export type Language = 'en' | 'zh'

export type Messages = Record<MessageKey, string>

/** A page speaks one language, so it loads one. */
export async function loadMessages(language: Language): Promise<Messages> {
  return language === 'zh' ? (await import('./locales/zh.ts')).zh : (await import('./locales/en.ts')).en
}

/** Keys are flat: `error.provider.none` is one key, so codes with dots need no tree of their own. */
export function createMessages(language: Language, messages: Messages) {
  return createI18n({
    legacy: false,
    locale: language,
    messages: { [language]: messages },
    messageResolver: (all, key) => (all as Record<string, string>)[key] ?? null,
    numberFormats: {
      en: { whole: { maximumFractionDigits: 0 }, rate: { maximumFractionDigits: 1 } },
      zh: { whole: { maximumFractionDigits: 0 }, rate: { maximumFractionDigits: 1 } },
    },
  })
}

export type Translate = (key: MessageKey, params?: Record<string, string | number>) => string

/** Speaks the language of the page. */
export type Speaking = {
  t: Translate
  count: (value: number) => string
  language: () => Language
  /** A stage by the name the server gave it. */
  nameStage: (key: string) => string
}

/** Words in the present language. Unlike vue-i18n's own, `t` takes only keys that exist. */
export function useWords(): Speaking {
  const i18n = useI18n()
  return {
    nameStage: usePipelines().nameStage,
    t: (key, params) => i18n.t(key, params ?? {}),
    count: (value) => i18n.n(Math.round(value), 'whole'),
    language: () => (i18n.locale.value === 'zh' ? 'zh' : 'en'),
  }
}
