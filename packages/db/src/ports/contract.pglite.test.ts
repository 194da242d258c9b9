import { databaseContract } from '@stagewright/core/testing'
import { openTestStorage } from '../testing/openTestStorage.ts'

databaseContract('PGlite (D1)', () => openTestStorage('pglite'))
