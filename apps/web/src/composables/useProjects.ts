import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, toValue, type MaybeRefOrGetter } from 'vue'
import { failureOf, useStudio, type NewProject } from '../api/studio.ts'

export const projectsPerPage = 24

/** The projects whose title has `search`, the first `pages` pages of them, latest first. */
export function useProjects(search: MaybeRefOrGetter<string>, pages: MaybeRefOrGetter<number>) {
  const studio = useStudio()
  const query = useQuery({
    queryKey: computed(() => ['projects', toValue(search), toValue(pages)]),
    queryFn: () =>
      studio.projects.list({ search: toValue(search), page: 1, pageSize: projectsPerPage * toValue(pages) }),
    placeholderData: keepPreviousData,
    // Cards show the stages' status: a list left alone must not grow old.
    refetchInterval: 10_000,
  })
  return {
    projects: computed(() => query.data.value?.projects ?? []),
    total: computed(() => query.data.value?.total ?? 0),
    isLoading: query.isPending,
    failure: computed(() =>
      query.error.value === null || query.data.value !== undefined ? null : failureOf(query.error.value),
    ),
    retry: () => void query.refetch(),
  }
}

export function useNewProject() {
  const studio = useStudio()
  const queries = useQueryClient()
  const mutation = useMutation({
    mutationFn: (project: NewProject) => studio.projects.create(project),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['projects'] }),
  })
  return {
    isCreating: mutation.isPending,
    failure: computed(() => (mutation.error.value === null ? null : failureOf(mutation.error.value))),
    create: (project: NewProject) => mutation.mutateAsync(project),
  }
}
