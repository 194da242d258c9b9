/** A size as people say it: "820 B", "14.2 kB", "3 MB". */
export function formatBytes(bytes: number, locale: string): string {
  const [value, unit] =
    bytes < 1_000
      ? [bytes, 'byte' as const]
      : bytes < 1_000_000
        ? [bytes / 1_000, 'kilobyte' as const]
        : [bytes / 1_000_000, 'megabyte' as const]
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 }).format(
    value,
  )
}
