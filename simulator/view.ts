import type { DatabaseSight, PortSight, Question, Sight } from '../functions/shared/view.ts';
import type { Invocation } from './api.ts';
import { certificatesIn, complaint, endOf, type Generation } from './host-tls.ts';
import { type Instance, nodeOf } from './services/ec2/instance.ts';
import { greetingGaps, sightGaps } from './services/ec2/reach.ts';
import { type Site, withdraw } from './site.ts';
import type { Assembly } from './template.ts';
import type { World } from './world.ts';

const PORTS = { web: 443, dicom: 11112, database: 5432 } as const;

/** `Sockets` of `functions/shared` gives up after this. */
export const PATIENCE_MS = 8_000;
const WAITED = /ETIMEDOUT|no answer/;

/** What comes of a port where somebody takes connections and never answers. */
const MUTE: PortSight = { trusted: false, said: 'no answer within 8 s' };

/** What comes of a C-ECHO, by what nginx answers for Orthanc: nothing is heard from one that hangs. */
const ECHOES = {
  200: { echo: true },
  502: { echo: false, said: 'C-ECHO: the connection was closed without an answer' },
  504: { echo: false, said: 'C-ECHO: no answer within 8 s' },
} as const;

/** What functions inside the network see of the hosts, as clients, and of the database. */
export class HostView {
  private readonly world: World;
  /** By function and instance, whether nothing keeps the one from the other. */
  private readonly ways = new Map<string, boolean>();
  /** Likewise of those functions that have looked at the database. */
  private readonly greeters = new Map<string, { readonly site: Site; readonly gaps: string[] }>();

  constructor(world: World) {
    this.world = world;
  }

  /** Which functions of a site reach which hosts; a gap fails the run: a deployment would have it. */
  deploy(site: Site): void {
    const { assembly } = site;
    withdraw(this.greeters, site);
    const hosts = assembly.resources('AWS::EC2::Instance');
    for (const fn of assembly.resources('AWS::Lambda::Function')) {
      if (fn.optional('VpcConfig') === undefined) continue;
      const arn = String(assembly.names(fn).attributes?.Arn);
      for (const host of hosts) {
        const gaps = sightGaps(assembly, fn, host);
        for (const gap of gaps) site.judge.outOfReach(gap);
        this.ways.set(`${arn} ${assembly.names(host).ref}`, gaps.length === 0);
      }
    }
  }

  /** The node that has this address in the network that the function is in. */
  nodesAt(address: string, by: Invocation): string[] {
    const instance = this.instanceAt(address, by);
    return instance ? [nodeOf(instance)] : [];
  }

  look(question: Question, by: Invocation): Sight {
    const at = this.world.clock.iso();
    const instance = this.instanceAt(question.address, by);
    const { host } = instance ?? {};
    const reached = instance !== undefined && this.reaches(instance, by);
    const door = reached && instance.state === 'running' ? host?.door : 'silent';
    const { address } = question;
    if (door === 'hung') return { at, web: MUTE, dicom: MUTE };
    if (!host || door !== 'open') {
      const code = door === 'refused' ? 'ECONNREFUSED' : 'ETIMEDOUT';
      const shut = (port: number) => ({
        trusted: false,
        said: `connect ${code} ${address}:${port}`,
      });
      return { at, web: shut(PORTS.web), dicom: shut(PORTS.dicom) };
    }
    const web = this.shown(host.tls.web, question);
    const dicom = this.shown(host.tls.dicom, question);
    const { orthanc, deep: status } = host;
    // How far it goes is only asked where it does not go all the way.
    const depth = status === 200 ? { status } : { status, orthanc };
    return {
      at,
      web: { ...web, ...(web.trusted && depth) },
      dicom: { ...dicom, ...(dicom.trusted && ECHOES[orthanc]) },
    };
  }

  /** How long such a look takes beyond its way there and back, in ms: it waits for what is silent. */
  takes({ address }: Question, { web, dicom }: Sight, by: Invocation): number {
    const isSilent = web.status === 504 || [web, dicom].some(({ said = '' }) => WAITED.test(said));
    if (isSilent) return PATIENCE_MS;
    const { host, id } = this.instanceAt(address, by) ?? {};
    return host?.isSlow ? this.world.chance(`a slow look at ${id}`).between(2_000, 6_000) : 0;
  }

  /**
   * Whether the database that has this name in DNS greets the function. That the function has a way
   * there is asked of those alone that look: a gap fails the run, as with hosts.
   */
  database(address: string, by: Invocation): DatabaseSight {
    const at = this.world.clock.iso();
    const site = this.world.sites.find(({ assembly }) => databaseAt(assembly, address));
    if (!site) return { at, reached: 'silent', said: `getaddrinfo ENOTFOUND ${address}` };
    const heard = site === by.site && this.reachesDatabase(by) && !site.faults.blind();
    const reached = heard ? site.database.door : 'silent';
    if (reached === 'reached') return { at, reached };
    const code = reached === 'refused' ? 'ECONNREFUSED' : 'ETIMEDOUT';
    return { at, reached, said: `connect ${code} ${address}:${PORTS.database}` };
  }

  private reachesDatabase({ site, functionArn, functionName }: Invocation): boolean {
    const known = this.greeters.get(functionArn);
    if (known) return known.gaps.length === 0;
    const { assembly } = site;
    const fn = assembly
      .resources('AWS::Lambda::Function')
      .find((one) => assembly.names(one).attributes?.Arn === functionArn);
    const gaps =
      fn?.optional('VpcConfig') === undefined
        ? [`${functionName} looks at the database, and is in no VPC`]
        : assembly
            .resources('AWS::RDS::DBInstance')
            .flatMap((database) => greetingGaps(assembly, fn, database));
    for (const gap of gaps) site.judge.outOfReach(gap);
    this.greeters.set(functionArn, { site, gaps });
    return gaps.length === 0;
  }

  /** Another site has its own network, and may have the same addresses in it. */
  private instanceAt(address: string, { site }: Invocation): Instance | undefined {
    return this.world.ec2.instances.find(
      (one) => one.site === site && one.privateAddress === address,
    );
  }

  private reaches(instance: Instance, { site, functionArn, functionName }: Invocation): boolean {
    const way = this.ways.get(`${functionArn} ${instance.id}`);
    if (way === undefined)
      site.judge.outOfReach(`${functionName} looks at nodes, and is in no VPC`);
    return way === true && !site.faults.unseen(nodeOf(instance));
  }

  private shown(of: Generation | undefined, question: Question): PortSight {
    if (!of) return { trusted: false, said: 'no certificate' };
    const { certificate } = of;
    const { authorities, name } = question;
    const trust = { authorities: certificatesIn(authorities), name };
    const said = complaint(certificate, trust, this.world.clock.now);
    return {
      trusted: said === undefined,
      fingerprint: certificate.fingerprint256,
      notAfter: new Date(endOf(certificate)).toISOString(),
      ...(said !== undefined && { said }),
    };
  }
}

const databaseAt = (assembly: Assembly, address: string): boolean =>
  assembly
    .resources('AWS::RDS::DBInstance')
    .some((one) => assembly.names(one).attributes?.['Endpoint.Address'] === address);
