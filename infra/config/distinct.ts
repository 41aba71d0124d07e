/** Whether no two are the same, capitals apart. */
export const distinct = (items: readonly string[]): boolean =>
  new Set(items.map((item) => item.toLowerCase())).size === items.length;
