export type ButtonLook = 'primary' | 'secondary' | 'quiet' | 'danger'
export type ButtonSize = 'small' | 'medium'

const base =
  'inline-flex select-none items-center justify-center gap-2 whitespace-nowrap rounded-lg font-medium transition-colors disabled:opacity-55 aria-disabled:opacity-55 pointer-coarse:min-h-11 pointer-coarse:min-w-11'

const looks: Record<ButtonLook, string> = {
  primary: 'bg-fill text-on-fill not-disabled:hover:bg-fill-strong',
  secondary: 'border border-edge/60 bg-sheet text-ink not-disabled:hover:border-edge not-disabled:hover:bg-well',
  quiet: 'text-soft not-disabled:hover:bg-well not-disabled:hover:text-ink',
  danger: 'border border-bad/50 bg-sheet text-bad not-disabled:hover:bg-bad-wash',
}

const sizes: Record<ButtonSize, string> = {
  small: 'min-h-8 px-2.5 text-[0.8125rem]',
  medium: 'min-h-10 px-4 text-[0.9375rem]',
}

/** The classes of anything that looks like a button, links included. */
export function buttonLook(look: ButtonLook, size: ButtonSize): string {
  return `${base} ${looks[look]} ${sizes[size]}`
}
