import { Stack } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

/** Where images lie in the data bucket; Orthanc can't change it once there are some. */
export const imagesPrefix = 'images/';

export interface ImageAccessProps {
  readonly bucket: s3.Bucket;
  /** Encrypts the images. */
  readonly key: kms.IKey;
  /** The role that both hosts wear. */
  readonly hosts: iam.IRole;
  /** The gateway endpoint through which hosts reach S3. */
  readonly endpoint: ec2.GatewayVpcEndpoint;
}

/**
 * Who may read and write images, and by which way: one role, taken by the hosts, through the
 * gateway endpoint of this site.
 *
 * Orthanc gets this role's credentials instead of the host's, so a flaw in it opens the images
 * that it serves anyway and nothing else. The bucket turns away everybody else, an administrator
 * too, and turns away these very credentials when they come from outside. An administrator can
 * still change the bucket's policy; CloudTrail has that on record.
 */
export class ImageAccess extends Construct {
  /** Taken by the hosts for their containers. */
  readonly role: iam.Role;

  constructor(scope: Construct, id: string, props: ImageAccessProps) {
    super(scope, id);
    const { bucket, key, hosts, endpoint } = props;
    const { region } = Stack.of(this);
    const images = bucket.arnForObjects(`${imagesPrefix}*`);

    this.role = new iam.Role(this, 'Role', {
      // A role named in the trust of another needs no right of its own to take it.
      assumedBy: new iam.ArnPrincipal(hosts.roleArn),
      description: 'Images of this site, for the containers on its hosts',
    });
    const objects = {
      sid: 'Images',
      actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      resources: [images],
    };
    const listing = {
      sid: 'ListOfImages',
      actions: ['s3:ListBucket'],
      resources: [bucket.bucketArn],
    };
    this.role.addToPolicy(new iam.PolicyStatement(objects));
    // Not for the prefix alone: S3 says that an image is missing only to whoever may list all.
    this.role.addToPolicy(new iam.PolicyStatement(listing));
    this.role.addToPolicy(
      new iam.PolicyStatement({
        sid: 'KeyOfImages',
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [key.keyArn],
        conditions: {
          StringEquals: {
            'kms:ViaService': `s3.${region}.amazonaws.com`,
            // With a bucket key S3 names the bucket, not the object.
            'kms:EncryptionContext:aws:s3:arn': bucket.bucketArn,
          },
        },
      }),
    );

    // Which buckets, not who: an endpoint gives nobody a right, and the bucket says the rest.
    for (const way of [objects, listing]) {
      endpoint.addToPolicy(
        new iam.PolicyStatement({ ...way, principals: [new iam.AnyPrincipal()] }),
      );
    }

    const guarded = {
      effect: iam.Effect.DENY,
      principals: [new iam.AnyPrincipal()],
      // Every way of reading or writing one: versions, tags, access lists and what AWS adds.
      actions: ['s3:GetObject*', 's3:PutObject*'],
      resources: [images],
    };
    bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'ContainersOnly',
        ...guarded,
        conditions: { ArnNotEquals: { 'aws:PrincipalArn': this.role.roleArn } },
      }),
    );
    bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: 'ThisNetworkOnly',
        ...guarded,
        conditions: { StringNotEquals: { 'aws:SourceVpce': endpoint.vpcEndpointId } },
      }),
    );
  }
}
