import { computed, type ComputedRef } from 'vue'
import { createRowReader, type RowsView } from '../types.ts'
import type { RowShape } from '../components/stage/rowShapes.ts'

type Schema<T> = Parameters<typeof createRowReader<T>>[1]

export type GrowingRows<T> = RowsView<T> & {
  /** The number of the row still coming, as far as it can be told; null between rows. */
  comingNumber: number | null
}

/** The rows of a growing JSON text, each as its object closes. Rows once read keep their identity. */
export function useRows<T>(text: () => string, key: string, shape: RowShape<T>): ComputedRef<GrowingRows<T>> {
  // The reader only ever calls safeParse; a whole schema library would be a heavy way to say two fields.
  const reader = createRowReader<T>(key, shape as unknown as Schema<T>)
  return computed(() => {
    const view = reader.read(text())
    return { ...view, comingNumber: view.pending === null ? null : numberOf(view.pending, view.rows.length + 1) }
  })
}

function numberOf(pending: string, expected: number): number {
  const written = /"number"\s*:\s*"?(\d+)\b/.exec(pending)
  return written === null ? expected : Number(written[1])
}
