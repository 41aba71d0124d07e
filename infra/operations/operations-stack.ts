import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Config } from '../config.ts';
import type { SiteStack } from '../site/site-stack.ts';
import { Alerts } from './alerts.ts';
import { Certificate } from './certificate.ts';
import { HostCommands } from './commands.ts';
import { Power } from './power.ts';
import { SiteTick } from './site-tick.ts';

export interface OperationsStackProps extends StackProps {
  readonly config: Config;
  readonly site: SiteStack;
}

/** Everything that operates the site and holds no data: it can be destroyed and deployed again. */
export class OperationsStack extends Stack {
  constructor(scope: Construct, id: string, props: OperationsStackProps) {
    super(scope, id, props);
    const { config, site } = props;
    const alerts = new Alerts(this, 'Alerts', { config, key: site.key });
    const commands = new HostCommands(this, 'Commands', {
      site: config.site,
      bundle: site.hosts.bundle,
    });
    const power = new Power(this, 'Power', { config, site, alerts, commands });
    const certificate = new Certificate(this, 'Certificate', { config, site, alerts, commands });
    new SiteTick(this, 'Site', { config, site, alerts, power, certificate });
  }
}
