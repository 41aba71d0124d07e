/** The package brings no types of its own. */
declare module 'asl-validator' {
  interface Verdict {
    readonly isValid: boolean;
    errorsText(separator?: string): string;
  }
  /** Writes `QueryLanguage` into the definition it is given. */
  export default function validate(
    definition: object,
    options?: { readonly checkPaths: boolean; readonly checkArn: boolean },
  ): Verdict;
}
