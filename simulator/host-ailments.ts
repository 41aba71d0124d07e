/** What runs on a host in a container of its own. */
export type Service = 'nginx' | 'orthanc';

/** Something that is wrong with a host itself. */
export type Ailment =
  /** It ends whenever Docker starts it, or takes connections and answers nothing. */
  | { readonly is: 'dead' | 'hung'; readonly service: Service }
  | {
      readonly is:
        | 'dead docker'
        /** The machine that it runs on, below its operating system. */
        | 'dead machine'
        | 'full disk'
        /** Whoever reads from its disk or writes to it waits. */
        | 'hung disk'
        /** Orthanc's password is not the database's any more. */
        | 'refused password'
        | 'scarce memory'
        | 'slowness'
        | 'wrong clock';
    };

type Kind = Ailment['is'];

/** How far a wrong clock is ahead: S3 takes no request whose time is more than 15 minutes off. */
const WRONG_CLOCK_S = 20 * 60;

/** All that is wrong with a host right now; the same thing may be wrong for several reasons. */
export class Ailments {
  private readonly present = new Set<Ailment>();

  add(ailment: Ailment): void {
    this.present.add(ailment);
  }

  remove(ailment: Ailment): boolean {
    return this.present.delete(ailment);
  }

  has(kind: Kind, service?: Service): boolean {
    return [...this.present].some(
      (one) =>
        one.is === kind && (service === undefined || ('service' in one && one.service === service)),
    );
  }

  /** What becomes of a container that is meant to run. */
  stateOf(service: Service): 'runs' | 'down' | 'hung' {
    if (this.has('dead', service)) return 'down';
    return this.has('hung', service) || this.has('hung disk') ? 'hung' : 'runs';
  }

  /** How far the clock is ahead of the true time, in seconds. */
  get clockOffset(): number {
    return this.has('wrong clock') ? WRONG_CLOCK_S : 0;
  }

  /** A process that hung is gone; what keeps one from running keeps the next one, too. */
  rebooted(): void {
    this.forget('hung');
  }

  /** The instance runs on another machine. */
  moved(): void {
    this.forget('dead machine');
  }

  private forget(kind: Kind): void {
    for (const one of this.present) if (one.is === kind) this.present.delete(one);
  }
}
