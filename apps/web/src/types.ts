/**
 * The one place where the studio takes the program's words from. Everything else in the studio imports them from here.
 */
export type * from '@stagewright/client/studio'
export {
  createRowReader,
  errorCodes,
  moves,
  projectFormats,
  readFiles,
  readMove,
  readSections,
  readSpeed,
  speeds,
} from '@stagewright/client/studio'
