import { defineStore } from 'pinia'
import { reactive } from 'vue'

/** What a page would forget when the user looks at another stage: it lives as long as the tab. */
export const useWorkbench = defineStore('workbench', () => {
  const instructions = reactive<Record<string, string>>({})
  const openInputs = reactive<Record<string, boolean>>({})
  const scrollTops = new Map<string, number>()
  const at = (address: { projectId: string; stage: string }) => `${address.projectId}/${address.stage}`

  return {
    instructionOf: (address: { projectId: string; stage: string }) => instructions[at(address)] ?? '',
    writeInstruction(address: { projectId: string; stage: string }, text: string) {
      instructions[at(address)] = text
    },
    isInputOpen: (stage: string, otherwise: boolean) => openInputs[stage] ?? otherwise,
    openInput(stage: string, isOpen: boolean) {
      openInputs[stage] = isOpen
    },
    keepScroll(address: { projectId: string; stage: string }, top: number) {
      scrollTops.set(at(address), top)
    },
    scrollOf: (address: { projectId: string; stage: string }) => scrollTops.get(at(address)) ?? 0,
  }
})
