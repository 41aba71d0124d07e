import { NotModelled } from './aws-error.ts';
import type { RequestContext } from './iam/conditions.ts';
import { demand } from './iam/demand.ts';
import { IMAGES_OF_DOCKER, PACKAGES } from './iam/iam.ts';
import type { World } from './world.ts';

/** What user data tells a host of its site, as far as rights hang on it. */
interface Settings {
  /** ARN of the object in S3 that is the host bundle. */
  readonly bundle: string;
  /** ARN of the bucket of images. */
  readonly images: string;
  /** What the name of each image begins with. */
  readonly imagesPrefix: string;
  /** ARN of the role that containers use them with. */
  readonly imagesRole: string;
  /** Name of the log group that containers write to. */
  readonly logGroup: string;
  /** ARNs of the secrets of Orthanc's user of the database, its master user, and Orthanc's users. */
  readonly databaseSecret: string;
  readonly masterSecret: string;
  readonly usersSecret: string;
}

/** The instance that a host runs on, as far as its rights go. */
export interface Computer {
  readonly where: string;
  /** The logical host that it is; empty for one that is no node of a site. */
  readonly node: string;
  readonly arn: string;
  /** The role in its instance profile. */
  readonly role: string;
  readonly region: string;
  readonly settings: Settings;
  /** ARN of the key that images are encrypted with; absent where it is S3's own. */
  readonly imagesKey: string | undefined;
  /** ARN of the key that a secret is encrypted with; absent where it is Secrets Manager's own. */
  readonly secretKeys: ReadonlyMap<string, string>;
  /** The gateway endpoint that its requests to S3 take; absent where they take the Internet. */
  readonly endpoint: string | undefined;
}

/** Reads the settings that user data leaves in `/opt/orthweb/site.env`. */
export function settingsIn(userData: string, where: string): Settings {
  const setting = (name: string) => {
    const value = new RegExp(`^ORTHWEB_${name}='(.*)'$`, 'm').exec(userData)?.[1];
    if (value === undefined) throw new NotModelled(`${where}: user data sets no ORTHWEB_${name}`);
    return value;
  };
  return {
    bundle: setting('BUNDLE').replace('s3://', 'arn:aws:s3:::'),
    images: `arn:aws:s3:::${setting('IMAGES_BUCKET')}`,
    imagesPrefix: setting('IMAGES_PREFIX'),
    imagesRole: setting('IMAGES_ROLE'),
    logGroup: setting('LOG_GROUP'),
    databaseSecret: setting('DATABASE_SECRET'),
    masterSecret: setting('MASTER_SECRET'),
    usersSecret: setting('USERS_SECRET'),
  };
}

/** Each call of an agent, a script or a container of a host that its site must let through. */
export class HostRights {
  private readonly world: World;
  private readonly computer: Computer;

  constructor(world: World, computer: Computer) {
    this.world = world;
    this.computer = computer;
  }

  /**
   * The agent reports for duty, then hears of commands on its control channel: without these
   * rights it never comes online, and no command reaches the host.
   * https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-setting-up-messageAPIs.html
   */
  register(): boolean {
    const { arn } = this.computer;
    return this.all([
      this.host('ssm:UpdateInstanceInformation', arn),
      this.host('ssmmessages:CreateControlChannel', '*'),
      this.host('ssmmessages:OpenControlChannel', '*'),
    ]);
  }

  /** The first boot gets packages and the host bundle, and makes Orthanc's user of the database. */
  prepare(): boolean {
    const { iam } = this.world;
    const { settings, region } = this.computer;
    const packages = `${PACKAGES}${region}-de612dc2/core/repomd.xml`;
    return this.all([
      iam.judge({ kind: 'anonymous' }, 's3:GetObject', packages, this.way()),
      this.host('s3:GetObject', settings.bundle, this.way()),
      ...(region === IMAGES_OF_DOCKER.region
        ? [iam.judge({ kind: 'anonymous' }, 's3:GetObject', IMAGES_OF_DOCKER.object, this.way())]
        : []),
      ...this.reading(settings.masterSecret),
    ]);
  }

  /** Each boot begins with secrets, and credentials for the images. */
  unlock(): boolean {
    const { settings } = this.computer;
    return this.all([
      ...this.reading(settings.databaseSecret),
      ...this.reading(settings.usersSecret),
      this.host('sts:AssumeRole', settings.imagesRole),
    ]);
  }

  /** Docker writes the log of a container, or does not start it. */
  log(): boolean {
    const { settings, region, role } = this.computer;
    const group = `arn:aws:logs:${region}:${role.split(':')[4]}:log-group:${settings.logGroup}`;
    return this.all([
      this.host('logs:CreateLogStream', `${group}:*`),
      this.host('logs:PutLogEvents', `${group}:log-stream:orthanc`),
    ]);
  }

  /** Orthanc writes, reads, lists and deletes with credentials of its own. */
  store(): boolean {
    const { settings, region, imagesKey } = this.computer;
    const image = `${settings.images}/${settings.imagesPrefix}0`;
    const key = {
      'kms:ViaService': `s3.${region}.amazonaws.com`,
      'kms:EncryptionContext:aws:s3:arn': settings.images,
    };
    return this.all([
      this.container('s3:PutObject', image, this.way()),
      this.container('s3:GetObject', image, this.way()),
      this.container('s3:DeleteObject', image, this.way()),
      this.container('s3:ListBucket', settings.images, this.way()),
      ...(imagesKey === undefined
        ? []
        : [
            this.container('kms:GenerateDataKey', imagesKey, key),
            this.container('kms:Decrypt', imagesKey, key),
          ]),
    ]);
  }

  /** The bucket of images takes and gives what it may. */
  get imagesAreOpen(): boolean {
    return this.world.s3.isOpen(this.computer.settings.images);
  }

  /**
   * The host reads a secret, which Secrets Manager decrypts on its behalf.
   * https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
   */
  private reading(secret: string): (string | undefined)[] {
    const { region, secretKeys } = this.computer;
    const key = secretKeys.get(secret);
    const context = {
      'kms:ViaService': `secretsmanager.${region}.amazonaws.com`,
      'kms:EncryptionContext:SecretARN': secret,
    };
    return [
      this.host('secretsmanager:GetSecretValue', secret),
      ...(key === undefined ? [] : [this.host('kms:Decrypt', key, context)]),
    ];
  }

  /** How a request to S3 travels. */
  private way(): RequestContext {
    const { endpoint } = this.computer;
    return endpoint === undefined ? {} : { 'aws:SourceVpce': endpoint };
  }

  private host(action: string, on: string, context: RequestContext = {}): string | undefined {
    return this.world.iam.refusal(this.computer.role, action, [on], context);
  }

  private container(action: string, on: string, context: RequestContext): string | undefined {
    return this.world.iam.refusal(this.computer.settings.imagesRole, action, [on], context);
  }

  private all(refusals: readonly (string | undefined)[]): boolean {
    for (const refusal of refusals) demand(this.world, this.computer.where, refusal);
    return refusals.every((refusal) => refusal === undefined);
  }
}
