import { Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { type BundleSettings, withHostBundle } from './host-bundle.ts';

export interface DownloadsProps extends BundleSettings {
  /** The role that both hosts wear. */
  readonly hosts: iam.Role;
  /** The gateway endpoint through which hosts reach S3. */
  readonly endpoint: ec2.GatewayVpcEndpoint;
}

/** What a host downloads from S3: its bundle, packages of its Linux, images of containers. */
export class Downloads extends Construct {
  /** `s3://bucket/key` of the bundle that a new host fetches. */
  readonly bundle: string;

  constructor(scope: Construct, id: string, { hosts, endpoint, ...settings }: DownloadsProps) {
    super(scope, id);
    const { partition, region } = Stack.of(this);
    const bundle = withHostBundle(
      settings,
      ({ folder, hash }) => new Asset(this, 'Bundle', { path: folder, assetHash: hash }),
    );
    this.bundle = bundle.s3ObjectUrl;
    const file = bundle.bucket.arnForObjects(bundle.s3ObjectKey);
    hosts.addToPolicy(
      new iam.PolicyStatement({ sid: 'Bundle', actions: ['s3:GetObject'], resources: [file] }),
    );

    // Which objects, not who: an endpoint gives nobody a right.
    const letThrough = (sid: string, objects: string) =>
      endpoint.addToPolicy(
        new iam.PolicyStatement({
          sid,
          principals: [new iam.AnyPrincipal()],
          actions: ['s3:GetObject'],
          resources: [objects],
        }),
      );
    letThrough('Bundle', file);
    // Everybody may read them, and `dnf` asks without saying who it is. The bucket is the one that
    // the distribution's own mirror lists name in each region.
    letThrough('PackagesOfAmazonLinux', `arn:${partition}:s3:::al2023-repos-${region}-de612dc2/*`);
    // Docker Hub may send a pull on to its bucket in this region, with a link that it has signed
    // itself. Elsewhere the same request takes the Internet: an endpoint is for the buckets of its
    // own region.
    if (region === 'us-east-1') {
      letThrough('ImagesOfDockerHub', `arn:${partition}:s3:::docker-images-prod/*`);
    }
  }
}
