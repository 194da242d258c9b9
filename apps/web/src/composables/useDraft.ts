import { useQueryClient } from '@tanstack/vue-query'
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue'
import { useEventListener } from '@vueuse/core'
import { useStudio, type Draft, type StageAddress } from '../api/studio.ts'
import { createDraftSaver, type DraftState } from './draftSaver.ts'

/** What a user is editing in one stage. `stored` is the draft the server has from an earlier visit. */
export function useDraft(address: Ref<StageAddress>, stored: Ref<Draft | null>) {
  const studio = useStudio()
  const { save, remember } = useDraftStorage()
  const text = ref<string | null>(null)
  const baseRewriteId = ref<string | null>(null)
  const saving = shallowRef<DraftState>({ kind: 'clean' })

  let saver = openSaver()
  function openSaver() {
    // The address of now: what is flushed after a change of tabs belongs to the stage it was typed in.
    const at = address.value
    return createDraftSaver({
      save: (changed) => save(at, { text: changed, baseRewriteId: baseRewriteId.value }),
      onState: (state) => (saving.value = state),
    })
  }
  function take(given: { text: string | null; rewriteId: string | null }, state: DraftState): void {
    text.value = given.text
    baseRewriteId.value = given.rewriteId
    saving.value = state
  }

  watch(
    () => `${address.value.projectId}/${address.value.stage}`,
    () => {
      saver.close()
      saver = openSaver()
      take({ text: null, rewriteId: null }, { kind: 'clean' })
    },
  )
  watch(
    stored,
    (draft) => {
      if (draft === null || text.value !== null) return
      take({ text: draft.text, rewriteId: draft.baseRewriteId }, { kind: 'saved', savedAt: draft.savedAt })
    },
    { immediate: true },
  )
  useEventListener(window, 'pagehide', () => void saver.flush())
  onScopeDispose(() => saver.close())

  return {
    text,
    baseRewriteId,
    saving,
    isEditing: computed(() => text.value !== null),
    begin: (from: { text: string; rewriteId: string | null }) => take(from, { kind: 'clean' }),
    change(changed: string) {
      text.value = changed
      saver.change(changed)
    },
    flush: () => saver.flush(),
    /** The text has become a version; the server has dropped its draft with it. */
    end() {
      saver.forget()
      remember(address.value, null)
      text.value = null
    },
    async discard() {
      this.end()
      await studio.stages.saveDraft({ ...address.value, text: null, baseRewriteId: null })
    },
  }
}

export type DraftEditing = ReturnType<typeof useDraft>

/** Where drafts are kept: on the server, and here for who asks for them again. */
function useDraftStorage() {
  const studio = useStudio()
  const queries = useQueryClient()
  /** What is asked for again later must not bring back an older draft, nor one that is gone. */
  function remember(at: StageAddress, draft: Draft | null): void {
    const queryKey = ['draft', at]
    void queries.cancelQueries({ queryKey })
    queries.setQueryData<Draft | null>(queryKey, draft)
  }
  async function save(at: StageAddress, draft: Omit<Draft, 'savedAt'>): Promise<{ savedAt: string }> {
    await studio.stages.saveDraft({ ...at, ...draft })
    const savedAt = new Date().toISOString()
    remember(at, { ...draft, savedAt })
    return { savedAt }
  }
  return { save, remember }
}
