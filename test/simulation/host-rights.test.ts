import { describe, expect, it } from 'vitest';
import { firstMinute } from './support/first-minute.ts';
import { edited, siteOf, type Template } from './support/play.ts';
import { stillWorld } from './support/still-world.ts';

const site = siteOf();

const ofType = ({ Resources }: Template, type: string) =>
  Object.values(Resources).filter((resource) => resource.Type === type);

const inSite = (edit: (template: Template) => void) => edited(site, edit, 'Orthweb');

it('lets both hosts serve as the site is', async () => {
  expect(await firstMinute(site)).toMatchObject({ failure: undefined, serving: [true, true] });
});

it('keeps both hosts from the images when their subnets have no route to the endpoint', async () => {
  const around = inSite((template) => {
    for (const { Properties } of ofType(template, 'AWS::EC2::VPCEndpoint')) {
      Properties.RouteTableIds = [];
    }
  });

  const { failure, serving } = await firstMinute(around);

  expect(failure?.message).toMatch(
    /Hosts\/Images\/Role .* is denied s3:PutObject on .*\/images\/0 by .*, statement ThisNetworkOnly/,
  );
  expect(serving).toEqual([false, false]);
});

it('keeps one host from the images when its own subnet has none', async () => {
  const around = inSite((template) => {
    const [host] = ofType(template, 'AWS::EC2::Instance');
    const own = ofType(template, 'AWS::EC2::SubnetRouteTableAssociation').find(
      ({ Properties }) => Properties.SubnetId.Ref === host?.Properties.SubnetId.Ref,
    );
    for (const { Properties } of ofType(template, 'AWS::EC2::VPCEndpoint')) {
      Properties.RouteTableIds = Properties.RouteTableIds.filter(
        ({ Ref }: { Ref: string }) => Ref !== own?.Properties.RouteTableId.Ref,
      );
    }
  });

  expect((await firstMinute(around)).serving).toEqual([false, true]);
});

describe('a host that cannot be prepared does not serve', () => {
  const closed = (sid: string) =>
    inSite((template) => {
      for (const { Properties } of ofType(template, 'AWS::EC2::VPCEndpoint')) {
        const { PolicyDocument } = Properties;
        PolicyDocument.Statement = PolicyDocument.Statement.filter(
          ({ Sid }: { Sid: string }) => Sid !== sid,
        );
      }
    });

  it.each([
    ['PackagesOfAmazonLinux', /does not let somebody unknown do s3:GetObject on .*al2023-repos-/],
    ['Bundle', /Network\/Vpc\/S3 .* does not let Orthweb\/Hosts\/Role .* do s3:GetObject/],
  ])('%s', async (sid, says) => {
    const { failure, serving } = await firstMinute(closed(sid));

    expect(failure?.message).toMatch(says);
    expect(serving).toEqual([false, false]);
  });
});

describe('a host without a secret does not serve', () => {
  const settings = ['Database/User', 'Database/Secret', 'Hosts/Secrets/Users'];

  it.each(settings)('%s', async (secret) => {
    const unread = inSite((template) => {
      const named = Object.entries(template.Resources).find(
        ([, { Metadata }]) => Metadata?.['aws:cdk:path'] === `Orthweb/${secret}/Resource`,
      );
      const statements = ofType(template, 'AWS::IAM::Policy').flatMap(
        ({ Properties }) => Properties.PolicyDocument.Statement,
      );
      const reading = statements.find(({ Sid }: { Sid: string }) => Sid === 'Secrets');
      reading.Resource = reading.Resource.filter(({ Ref }: { Ref: string }) => Ref !== named?.[0]);
    });

    const { failure, serving } = await firstMinute(unread);

    expect(failure?.message).toMatch(/no statement that allows secretsmanager:GetSecretValue/);
    expect(serving).toEqual([false, false]);
  });

  it('at a later boot needs the master no more, and the others still', async () => {
    const { world } = await stillWorld();
    const asked = () => {
      const seen: string[] = [];
      const { iam } = world;
      const refusal = iam.refusal.bind(iam);
      iam.refusal = (role, action, resources, context) => {
        if (action === 'secretsmanager:GetSecretValue') seen.push(...resources);
        return refusal(role, action, resources, context);
      };
      return seen;
    };
    const seen = asked();

    world.site.node('a')?.host.boot();
    await world.clock.runUntil(new Date(world.clock.now + 120_000), () => {});

    expect(seen).toEqual([
      expect.stringMatching(/:secret:clinic-DatabaseUser/),
      expect.stringMatching(/:secret:clinic-HostsSecretsUsers/),
    ]);
  });
});

describe('in the region of Docker Hub’s bucket', () => {
  const east = siteOf({ region: 'us-east-1', zones: ['us-east-1a', 'us-east-1b'] });

  it('hosts serve as the site is', async () => {
    expect(await firstMinute(east)).toMatchObject({ failure: undefined, serving: [true, true] });
  });

  it('a host that the endpoint keeps from it does not serve', async () => {
    const kept = edited(
      east,
      (template) => {
        for (const { Properties } of ofType(template, 'AWS::EC2::VPCEndpoint')) {
          const { PolicyDocument } = Properties;
          PolicyDocument.Statement = PolicyDocument.Statement.filter(
            ({ Sid }: { Sid: string }) => Sid !== 'ImagesOfDockerHub',
          );
        }
      },
      'Orthweb',
    );

    const { failure, serving } = await firstMinute(kept);

    expect(failure?.message).toMatch(/does not let somebody unknown do s3:GetObject on .*docker-/);
    expect(serving).toEqual([false, false]);
  });
});

it('will not guess what user data does not say', async () => {
  const silent = inSite((template) => {
    for (const { Properties } of ofType(template, 'AWS::EC2::LaunchTemplate')) {
      const [, parts] = Properties.LaunchTemplateData.UserData['Fn::Base64']['Fn::Join'];
      Properties.LaunchTemplateData.UserData['Fn::Base64']['Fn::Join'][1] = parts.map(
        (part: unknown) =>
          typeof part === 'string' ? part.replace('ORTHWEB_IMAGES_ROLE', 'ORTHWEB_ROLE') : part,
      );
    }
  });

  await expect(firstMinute(silent)).rejects.toThrow(
    /Orthweb\/Hosts\/A\/Instance .*: user data sets no ORTHWEB_IMAGES_ROLE/,
  );
});
