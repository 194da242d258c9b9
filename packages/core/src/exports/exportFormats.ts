/** Forms a version, or a whole project, can be had in. */
export const exportFormats = ['md', 'docx', 'html', 'json', 'csv', 'srt', 'zip'] as const
export type ExportFormat = (typeof exportFormats)[number]

/** Rows as people see them; what a row has no cells for stays empty. */
export type Table = { columns: readonly string[]; rows: readonly (readonly string[])[] }

/** Words that stand for a while. */
export type Cue = { seconds: number; text: string }

/** The forms a project as a whole can be had in. */
export const projectFormats: readonly ExportFormat[] = ['docx', 'md', 'html', 'json', 'zip']
