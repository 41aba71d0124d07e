/**
 * The fields of the line of JSON that a script of a host ends with; undefined where that line is
 * something else, such as why the shell could not run it.
 */
export function fieldsOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const said: unknown = JSON.parse(line);
    const isGroup = typeof said === 'object' && said !== null && !Array.isArray(said);
    return isGroup ? { ...said } : undefined;
  } catch {
    return undefined;
  }
}
