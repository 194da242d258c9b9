import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { useWords } from '../i18n.ts'
import type { TextKind } from '../projects/pipelineKinds.ts'

const sampleKeys = ['1', '2', '3'] as const

/** Texts to begin with, in the user's language. */
export function useSamples(pipeline: MaybeRefOrGetter<TextKind>) {
  const { t } = useWords()
  return computed(() => {
    const kind = toValue(pipeline)
    return sampleKeys.map((key) => ({
      key,
      title: t(`sample.${kind}.${key}.title`),
      text: t(`sample.${kind}.${key}.text`),
    }))
  })
}
