import { onScopeDispose, ref, watch, type Ref } from 'vue'

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

/** Keeps the browser's title in step with the crumb, with the badge before it where there is something to count. */
export function showCrumbInTitle(appName: string, badge: Readonly<Ref<number>>): void {
  watch(
    [crumb, badge],
    ([words, count]) => {
      const title = words === '' ? appName : `${words} · ${appName}`
      document.title = count === 0 ? title : `(${count}) ${title}`
    },
    { immediate: true },
  )
}
