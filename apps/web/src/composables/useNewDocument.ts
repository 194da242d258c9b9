import { useQueryClient } from '@tanstack/vue-query'
import { onScopeDispose, ref, shallowRef } from 'vue'
import { failureOf, useStudio, type NewDocument } from '../api/studio.ts'
import type { Failure } from '../types.ts'

/** Uploads a file and makes its project. A file that is up already is not sent again when only the project failed. */
export function useNewDocument() {
  const studio = useStudio()
  const queries = useQueryClient()
  const isBusy = ref(false)
  /** How much of the file is up, 0 to 1; null while nothing is on its way. */
  const share = ref<number | null>(null)
  const failure = shallowRef<Failure | null>(null)
  const leaving = new AbortController()
  let uploaded: { file: File; fileId: string } | null = null
  onScopeDispose(() => leaving.abort())

  async function upload(file: File): Promise<string> {
    if (uploaded?.file === file) return uploaded.fileId
    share.value = 0
    try {
      const onShare = (done: number): void => void (share.value = done)
      const { fileId } = await studio.files.upload(file, { signal: leaving.signal, onShare })
      uploaded = { file, fileId }
      return fileId
    } finally {
      share.value = null
    }
  }

  /** The project's id; null when it failed, `failure` says why. */
  async function create(file: File, document: Omit<NewDocument, 'pipeline' | 'fileId'>): Promise<string | null> {
    isBusy.value = true
    failure.value = null
    try {
      const { projectId } = await studio.projects.create({
        ...document,
        pipeline: 'document',
        fileId: await upload(file),
      })
      void queries.invalidateQueries({ queryKey: ['projects'] })
      return projectId
    } catch (error) {
      failure.value = failureOf(error)
      return null
    } finally {
      isBusy.value = false
    }
  }

  return { isBusy, share, failure, create, dismiss: () => void (failure.value = null) }
}
