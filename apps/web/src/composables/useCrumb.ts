import { onScopeDispose, ref, watch } from 'vue'

const crumb = ref('')

/** Where the user is, for the top bar and the browser's title. A page sets it and it goes with the page. */
export function useCrumb() {
  let isMine = false
  onScopeDispose(() => {
    if (isMine) crumb.value = ''
  })
  return {
    crumb,
    set(words: string) {
      isMine = true
      crumb.value = words
    },
  }
}

/** Keeps the browser's title in step with the crumb. */
export function showCrumbInTitle(appName: string): void {
  watch(crumb, (words) => (document.title = words === '' ? appName : `${words} · ${appName}`), { immediate: true })
}
