import { secondsOf } from './time-span.ts';

/** A program and its arguments. */
export type Command = readonly string[];

/** What a file of systemd says of a service, as far as the lab acts on it. */
export interface ServiceUnit {
  readonly execStart: readonly Command[];
  readonly execStop: readonly Command[];
  readonly remainAfterExit: boolean;
  readonly restartSeconds: number | undefined;
  readonly startTimeoutSeconds: number;
  readonly stopTimeoutSeconds: number;
  readonly sandbox: Sandbox;
}

/** Which places a service may write to, when it may not write to all. */
export interface Sandbox {
  readonly strict: boolean;
  readonly privateTmp: boolean;
  readonly writable: readonly string[];
}

export interface TimerUnit {
  readonly unit: string;
  readonly onActive: number | undefined;
  readonly onUnitActive: number | undefined;
}

export interface Unit {
  readonly name: string;
  readonly after: readonly string[];
  readonly before: readonly string[];
  readonly wants: readonly string[];
  readonly requires: readonly string[];
  readonly wantedBy: readonly string[];
  readonly service?: ServiceUnit;
  readonly timer?: TimerUnit;
}

/** Keys that are understood, by section; what is in no list here is refused rather than ignored. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  Unit: ['Description', 'Documentation', 'After', 'Before', 'Wants', 'Requires'],
  Service: [
    ...['Type', 'ExecStart', 'ExecStop', 'RemainAfterExit', 'Restart', 'RestartSec'],
    ...['TimeoutStartSec', 'TimeoutStopSec', 'ProtectSystem', 'PrivateTmp', 'ReadWritePaths'],
    // No script of ours needs what these take away, so nothing would be seen of them.
    ...['NoNewPrivileges', 'ProtectHome'],
  ],
  Timer: ['Unit', 'OnActiveSec', 'OnUnitActiveSec', 'AccuracySec'],
  Install: ['WantedBy'],
};

/** Reads a unit's file; throws on what the lab's systemd does not know. */
export function readUnit(name: string, text: string): Unit {
  const values = new Map<string, string[]>();
  let section = '';
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line === '' || /^[#;]/.test(line)) continue;
    const header = /^\[(\w+)\]$/.exec(line)?.[1];
    if (header !== undefined) {
      section = header;
      continue;
    }
    const [, key = '', value = ''] = /^(\w+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (!KNOWN[section]?.includes(key)) {
      throw new Error(`${name}: [${section}] ${line}: not modelled in the lab`);
    }
    values.set(`${section}.${key}`, [...(values.get(`${section}.${key}`) ?? []), value]);
  }
  const all = (key: string) => values.get(key) ?? [];
  const words = (key: string) => all(key).flatMap((value) => value.split(/\s+/));
  const last = (key: string) => all(key).at(-1);
  const seconds = (key: string) => {
    const value = last(key);
    return value === undefined ? undefined : secondsOf(value);
  };
  const unit = {
    name,
    after: words('Unit.After'),
    before: words('Unit.Before'),
    wants: words('Unit.Wants'),
    requires: words('Unit.Requires'),
    wantedBy: words('Install.WantedBy'),
  };
  if (name.endsWith('.timer')) {
    return {
      ...unit,
      timer: {
        unit: last('Timer.Unit') ?? name.replace(/\.timer$/, '.service'),
        onActive: seconds('Timer.OnActiveSec'),
        onUnitActive: seconds('Timer.OnUnitActiveSec'),
      },
    };
  }
  if (last('Service.Type') !== 'oneshot') {
    throw new Error(`${name}: Type=${last('Service.Type')}: the lab models oneshot only`);
  }
  const restart = last('Service.Restart') ?? 'no';
  if (!['no', 'on-failure'].includes(restart)) {
    throw new Error(`${name}: Restart=${restart}: not modelled in the lab`);
  }
  return {
    ...unit,
    service: {
      execStart: commands(name, all('Service.ExecStart')),
      execStop: commands(name, all('Service.ExecStop')),
      remainAfterExit: isTrue(last('Service.RemainAfterExit')),
      restartSeconds: restart === 'no' ? undefined : (seconds('Service.RestartSec') ?? 0.1),
      // What systemd gives where a unit says nothing: for ever for a oneshot's start, 90 s for its end.
      startTimeoutSeconds: seconds('Service.TimeoutStartSec') ?? Number.POSITIVE_INFINITY,
      stopTimeoutSeconds: seconds('Service.TimeoutStopSec') ?? 90,
      sandbox: {
        strict: last('Service.ProtectSystem') === 'strict',
        privateTmp: isTrue(last('Service.PrivateTmp')),
        writable: words('Service.ReadWritePaths'),
      },
    },
  };
}

const isTrue = (value: string | undefined): boolean => /^(yes|true|on|1)$/.test(value ?? '');

/** Command lines as words; what systemd would fill in or escape is not modelled. */
function commands(name: string, lines: readonly string[]): readonly Command[] {
  return lines.map((line) => {
    const words = line.match(/'[^']*'|"[^"]*"|[^\s'"]+/g) ?? [];
    if (!/^\/[^$%\\]*$/.test(line) || words.join(' ') !== line) {
      throw new Error(
        `${name}: ${line}: the lab models command lines of plain or quoted words only`,
      );
    }
    return words.map((word) => word.replace(/^(['"])(.*)\1$/, '$2'));
  });
}
