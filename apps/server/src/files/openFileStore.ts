import path from 'node:path'
import type { FileStore } from '@stagewright/core'
import { BadSetting, type Config } from '../config.ts'
import { openBucketStore } from './bucketStore.ts'
import { openLocalStore } from './localStore.ts'

/** A bucket where one is named, else a folder beside the database's. Throws BadSetting when that cannot be used. */
export async function openFileStore({ bucket, dataDir }: Pick<Config, 'bucket' | 'dataDir'>): Promise<FileStore> {
  if (bucket !== null) return openBucketStore(bucket)
  const folder = path.join(dataDir, 'files')
  return openLocalStore(folder).catch((error: NodeJS.ErrnoException) => {
    const message = `Files cannot be kept in ${folder} (${error.code}): let this user write there, or set DATA_DIR or FILES_BUCKET.`
    throw new BadSetting(message, { cause: error })
  })
}
