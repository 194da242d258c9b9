import { createMemoryFileStore } from '../memory/fileStore.ts'
import { fileStoreContract } from '../testing/fileStoreContract.ts'

fileStoreContract('memory', async () => {
  const store = createMemoryFileStore()
  return { store, keys: async () => [...store.contents.keys()], close: async () => {} }
})
