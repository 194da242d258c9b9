import { useMediaQuery } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, ref, watchEffect } from 'vue'
import type { Language } from '../i18n.ts'

export type Theme = 'light' | 'dark' | 'system'

/** Keys and values are also read by public/appearance.js, before the first paint. */
const themeKey = 'stagewright.theme'
const languageKey = 'stagewright.language'

/** The language to begin with: the user's choice, else the browser's. */
export function chooseLanguage(stored: string | null, preferred: string | undefined): Language {
  return /^zh/i.test(stored ?? preferred ?? 'en') ? 'zh' : 'en'
}

/** Theme and language: what this browser's user chose, kept in this browser. */
export const useAppearance = defineStore('appearance', () => {
  const theme = ref<Theme>(readTheme())
  const language = ref<Language>(chooseLanguage(read(languageKey), navigator.language))
  const prefersDark = useMediaQuery('(prefers-color-scheme: dark)')
  const isDark = computed(() => theme.value === 'dark' || (theme.value === 'system' && prefersDark.value))

  watchEffect(() => {
    document.documentElement.dataset.theme = isDark.value ? 'dark' : 'light'
    document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en'
  })

  return {
    theme,
    language,
    isDark,
    chooseTheme(choice: Theme) {
      theme.value = choice
      write(themeKey, choice)
    },
    switchLanguage(choice: Language) {
      language.value = choice
      write(languageKey, choice)
    },
  }
})

function readTheme(): Theme {
  const stored = read(themeKey)
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

// Storage may be forbidden or full: the choice then lasts as long as the page.
function read(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    return
  }
}
