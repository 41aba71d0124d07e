import type { PortSight, Question, Sight } from '../functions/shared/view.ts';
import type { Invocation } from './api.ts';
import { certificatesIn, complaint, endOf, type Generation } from './host-tls.ts';
import { type Instance, nodeOf } from './services/ec2/instance.ts';
import { sightGaps } from './services/ec2/reach.ts';
import type { World } from './world.ts';

const PORTS = { web: 443, dicom: 11112 } as const;

/** What functions inside the network see of the hosts, as clients. */
export class HostView {
  private readonly world: World;
  /** Per function and instance, what keeps the one from the other; of one deployment. */
  private readonly gaps = new Map<string, readonly string[]>();

  constructor(world: World) {
    this.world = world;
  }

  /** The templates may be others from now on. */
  deploy(): void {
    this.gaps.clear();
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

  private reaches(instance: Instance, { site, functionName }: Invocation): boolean {
    const key = `${site.name} ${functionName} ${instance.id}`;
    const gaps = this.gaps.get(key) ?? this.gapsOf(instance, functionName);
    this.gaps.set(key, gaps);
    for (const gap of gaps) site.judge.outOfReach(gap);
    return gaps.length === 0 && !site.faults.unseen(nodeOf(instance));
  }

  private gapsOf({ id, site }: Instance, functionName: string): readonly string[] {
    const { assembly } = site;
    const fn = assembly
      .resources('AWS::Lambda::Function')
      .find((resource) => resource.text('Handler') === `${functionName}.handler`);
    const resource = assembly.named('AWS::EC2::Instance', id);
    return fn && resource ? sightGaps(assembly, fn, resource) : [`${functionName} is no function`];
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
