/** The widest line of the report. */
export const WIDTH = 100;

/** Breaks a text into lines of at most `width` characters, at spaces where there are any. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text.trimEnd();
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width);
    const end = space > 0 ? space : width;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

/** Sets texts side by side, each in its column, and wraps the last one. */
export function columns(
  cells: readonly (readonly [text: string, width: number])[],
  last: string,
): string[] {
  const head = cells.map(([text, width]) => text.slice(0, width).padEnd(width)).join('  ');
  const room = WIDTH - head.length - 2;
  const [first = '', ...more] = wrap(last, room);
  return [
    `${head}  ${first}`.trimEnd(),
    ...more.map((line) => `${' '.repeat(head.length + 2)}${line}`),
  ];
}
