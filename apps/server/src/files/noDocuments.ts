import { AppError, type DocumentPort } from '@stagewright/core'

/** Stands where the reader of documents belongs: it knows no format, so no file is taken. */
export const noDocuments: DocumentPort = {
  async inspect({ name }) {
    throw unknown(name)
  },
  // eslint-disable-next-line require-yield
  async *readSegments() {
    throw unknown('')
  },
  // eslint-disable-next-line require-yield
  async *write() {
    throw unknown('')
  },
}

function unknown(name: string): AppError {
  return new AppError('file.typeUnknown', 'This server reads no documents.', { params: { name } })
}
