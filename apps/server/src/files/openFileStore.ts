import path from 'node:path'
import type { FileStore } from '@stagewright/core'
import type { Config } from '../config.ts'
import { openBucketStore } from './bucketStore.ts'
import { openLocalStore } from './localStore.ts'

/** A bucket where one is named, else a folder beside the database's. */
export async function openFileStore({ bucket, dataDir }: Pick<Config, 'bucket' | 'dataDir'>): Promise<FileStore> {
  return bucket === null ? openLocalStore(path.join(dataDir, 'files')) : openBucketStore(bucket)
}
