/** An error as an SDK client throws it: known by its `name`, worded by the service. */
export class AwsError extends Error {
  override readonly name: string;
  readonly $fault: 'client' | 'server';

  constructor(name: string, message: string, fault: 'client' | 'server' = 'client') {
    super(message);
    this.name = name;
    this.$fault = fault;
  }
}

/**
 * The rehearsal met something that it does not model. It ends the run: a silent success would
 * claim what nobody has shown.
 */
export class NotModelled extends Error {
  override readonly name = 'NotModelled';
}
