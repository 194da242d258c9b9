import { effectScope, nextTick, ref } from 'vue'
import { expect, it } from 'vitest'
import { showCrumbInTitle, useCrumb } from './useCrumb.ts'

it('B16 the title counts what ended in a hidden tab, before where the user is', async () => {
  const scope = effectScope()
  const badge = ref(0)
  await scope.run(async () => {
    const { set } = useCrumb()
    showCrumbInTitle('Stagewright', badge)
    expect(document.title).toBe('Stagewright')
    badge.value = 2
    await nextTick()
    expect(document.title).toBe('(2) Stagewright')
    set('A story')
    await nextTick()
    expect(document.title).toBe('(2) A story · Stagewright')
    badge.value = 0
    await nextTick()
    expect(document.title).toBe('A story · Stagewright')
  })
  scope.stop()
})
