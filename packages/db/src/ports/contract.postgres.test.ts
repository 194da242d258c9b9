import { databaseContract } from '@stagewright/core/testing'
import { openTestStorage } from '../testing/openTestStorage.ts'

databaseContract('PostgreSQL (D1)', () => openTestStorage('postgres'))
