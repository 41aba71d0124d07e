/** Labels of letters, digits and hyphens: the preferred syntax of RFC 1034, section 3.5. */
const DNS_NAME =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** Whether a certificate may hold this as the name of a host. */
export const isDnsName = (text: string): boolean => DNS_NAME.test(text);
