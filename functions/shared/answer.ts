/** What CloudFormation waits for when it has asked a function to make a resource. */
export interface Answer {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  /** The attributes of the resource; with all else at most 4,096 bytes. */
  readonly Data?: Readonly<Record<string, string>>;
}

/** Brings an answer to the address that CloudFormation gave for it. */
export interface Answers {
  put(url: string, answer: Answer): Promise<void>;
}
