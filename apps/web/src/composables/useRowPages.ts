import { computed, ref, watch, type ComputedRef } from 'vue'
import type { GrowingRows } from './useRows.ts'

/** So many rows are in the page at once: a document may have many thousand. */
export const rowsPerPage = 100

/**
 * A page of rows at a time, from 1. While a text grows the last page is shown, until the reader turns to another one;
 * `rows` are those of the page, with what is still coming on the last.
 */
export function useRowPages<T>(all: ComputedRef<GrowingRows<T>>, isGrowing: () => boolean) {
  const chosen = ref<number | null>(null)
  const pages = computed(() => {
    const { rows, comingNumber } = all.value
    return Math.max(1, Math.ceil((rows.length + (comingNumber === null ? 0 : 1)) / rowsPerPage))
  })
  const page = computed(() => Math.min(chosen.value ?? (isGrowing() ? pages.value : 1), pages.value))
  // Who watched it grow sees where it ended.
  watch(isGrowing, (grows, grew) => {
    if (grew && !grows) chosen.value ??= pages.value
  })
  const isLast = computed(() => page.value === pages.value)
  const rows = computed<GrowingRows<T>>(() => {
    const start = (page.value - 1) * rowsPerPage
    const own = all.value.rows.slice(start, start + rowsPerPage)
    return isLast.value ? { ...all.value, rows: own } : { ...all.value, rows: own, pending: null, comingNumber: null }
  })
  return {
    page,
    pages,
    rows,
    show(wanted: number): void {
      const isFollowing = isGrowing() && wanted === pages.value
      chosen.value = isFollowing ? null : wanted
    },
  }
}
