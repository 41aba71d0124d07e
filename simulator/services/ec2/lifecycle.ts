import type { InstanceStateName } from '@aws-sdk/client-ec2';
import type { Invocation } from '../../api.ts';
import { AwsError } from '../../aws-error.ts';
import type { Chance } from '../../random.ts';
import type { World } from '../../world.ts';
import { lentAddress } from './addresses.ts';
import { type Instance, nodeOf, type Reason } from './instance.ts';

/** What becomes of an instance that is started or stopped, with real delays. */
export class Lifecycle {
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  start(instance: Instance, by: Invocation): void {
    const { clock } = this.world;
    const { faults } = instance.site;
    const chance = this.world.chance(`start ${instance.id}`);
    if (instance.state === 'pending' || instance.state === 'running') return;
    if (instance.state !== 'stopped') {
      throw new AwsError(
        'IncorrectInstanceState',
        `The instance '${instance.id}' is not in a state from which it can be started.`,
      );
    }
    this.say('ec2:StartInstances', instance, by);
    if (faults.noCapacity(nodeOf(instance))) {
      throw new AwsError(
        'InsufficientInstanceCapacity',
        `We currently do not have sufficient ${instance.type} capacity in the Availability Zone you requested.`,
        'server',
      );
    }
    const refusal = this.grantRefusal(instance, by);
    this.launch(instance);
    if (refusal !== undefined) {
      clock.after(chance.between(3_000, 9_000), () => this.failLaunch(instance, refusal));
      return;
    }
    this.run(instance, chance);
  }

  /** A person does, who may use the keys, and whom nobody waits for. */
  startByHand(instance: Instance): void {
    if (instance.state !== 'stopped') return;
    this.byHand(instance, 'pending', 'starts');
    this.launch(instance);
    this.run(instance, this.world.chance(`start ${instance.id}`));
  }

  private run(instance: Instance, chance: Chance): void {
    const { clock } = this.world;
    const { faults } = instance.site;
    const takes = faults.transition(nodeOf(instance)) ?? chance.between(12_000, 35_000);
    clock.after(takes, () => {
      this.become(instance, 'running');
      instance.checks.begin(chance.between(90_000, 170_000));
      instance.host.moved();
      instance.host.boot();
    });
  }

  private launch(instance: Instance): void {
    instance.launchedAt = this.world.clock.now;
    this.become(instance, 'pending');
  }

  /**
   * Whoever starts an instance lets EC2 use the key of its volumes, by a grant in their own name.
   * https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption-requirements.html
   */
  private grantRefusal({ keys, region }: Instance, by: Invocation): string | undefined {
    const context = {
      'kms:ViaService': `ec2.${region}.amazonaws.com`,
      'kms:GrantIsForAWSResource': 'true',
    };
    return this.world.iam.refusal(by.role, 'kms:CreateGrant', keys, context);
  }

  /**
   * A caller without that right is not refused: the instance falls back by itself.
   * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshooting-launch.html
   */
  private failLaunch(instance: Instance, refusal: string): void {
    const code = 'Client.InternalError';
    const message = `${code}: Client error on launch`;
    this.become(instance, 'stopped', { code, message, transition: message }, refusal);
  }

  stop(instance: Instance, by: Invocation): void {
    if (instance.state === 'stopped' || instance.state === 'stopping') return;
    if (instance.state !== 'running') {
      throw new AwsError(
        'IncorrectInstanceState',
        `The instance '${instance.id}' is not in a state from which it can be stopped.`,
      );
    }
    this.say('ec2:StopInstances', instance, by);
    this.shutDown(instance);
  }

  /** A person does: EC2's words are the same. */
  stopByHand(instance: Instance): void {
    if (instance.state !== 'running') return;
    this.byHand(instance, 'stopping', 'stops');
    this.shutDown(instance);
  }

  private shutDown(instance: Instance): void {
    const { clock } = this.world;
    const { faults } = instance.site;
    const chance = this.world.chance(`stop ${instance.id}`);
    instance.host.shutDown();
    const code = 'Client.UserInitiatedShutdown';
    const at = `${clock.iso().slice(0, 19).replace('T', ' ')} GMT`;
    const reason = {
      code,
      message: `${code}: User initiated shutdown`,
      transition: `User initiated (${at})`,
    };
    this.become(instance, 'stopping', reason);
    const takes = faults.transition(nodeOf(instance)) ?? chance.between(25_000, 70_000);
    clock.after(takes, () => this.become(instance, 'stopped', reason));
  }

  private byHand(instance: Instance, becomes: InstanceStateName, does: string): void {
    const who = `node ${nodeOf(instance)}`;
    instance.site.say('world', who, becomes, `a person ${does} it in the console`);
  }

  private say(call: string, instance: Instance, by: Invocation): void {
    const node = instance.site.thing(`node ${nodeOf(instance)}`, by);
    by.site.say('call', by.functionName, `${call} ${node}`, this.world.because(by));
  }

  /** An address is lent while the instance runs, and is somebody else's when it has stopped. */
  private readdress(instance: Instance): void {
    const { address, state } = instance;
    if (state === 'running') instance.address = lentAddress(instance, this.world.ec2.instances);
    if (state !== 'stopped' || address === undefined) return;
    instance.last = { address, until: this.world.clock.now };
    instance.address = undefined;
  }

  private become(
    instance: Instance,
    state: InstanceStateName,
    reason?: Reason,
    why?: string,
  ): void {
    const { bus, clock } = this.world;
    const { faults } = instance.site;
    const chance = this.world.chance(`lag ${instance.id}`);
    const seconds = Math.round((clock.now - instance.since) / 1000);
    const before = instance.state;
    this.world.noteServing();
    instance.state = state;
    instance.since = clock.now;
    if (instance.borrows) this.readdress(instance);
    const { address, launchedAt } = instance;
    clock.after(faults.readLag() || chance.between(0, 4000), () => {
      if (instance.state === state) instance.seen = { state, address, reason, launchedAt };
    });
    if (state === 'running' || state === 'stopped') {
      const who = `node ${nodeOf(instance)}`;
      instance.site.say(
        'world',
        who,
        state,
        why ? `${reason?.code}: ${why}` : `after ${seconds} s ${before}`,
      );
    }
    bus.emit({
      source: 'aws.ec2',
      'detail-type': 'EC2 Instance State-change Notification',
      resources: [instance.arn],
      detail: { 'instance-id': instance.id, state },
    });
  }
}
