import type { PortSight, Question, Sight } from '../functions/shared/view.ts';
import type { Invocation } from './api.ts';
import { certificatesIn, complaint, endOf, type Generation } from './host-tls.ts';
import { type Instance, nodeOf } from './services/ec2/instance.ts';
import { sightGaps } from './services/ec2/reach.ts';
import type { Site } from './site.ts';
import type { World } from './world.ts';

const PORTS = { web: 443, dicom: 11112 } as const;

/** What functions inside the network see of the hosts, as clients. */
export class HostView {
  private readonly world: World;
  /** By function and instance, whether nothing keeps the one from the other. */
  private readonly ways = new Map<string, boolean>();

  constructor(world: World) {
    this.world = world;
  }

  /** Which functions of a site reach which hosts; a gap fails the run: a deployment would have it. */
  deploy(site: Site): void {
    const { assembly } = site;
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
    return {
      at,
      web: { ...web, ...(web.trusted && { status: host.isDeep ? 200 : 503 }) },
      dicom: { ...dicom, ...(dicom.trusted && { echo: host.sound }) },
    };
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
