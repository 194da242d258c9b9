import { computed } from 'vue'
import { useWords } from '../i18n.ts'

const sampleKeys = ['1', '2', '3'] as const

/** Topics to begin with, in the user's language. */
export function useSamples() {
  const { t } = useWords()
  return computed(() =>
    sampleKeys.map((key) => ({ key, title: t(`sample.${key}.title`), text: t(`sample.${key}.text`) })),
  )
}
