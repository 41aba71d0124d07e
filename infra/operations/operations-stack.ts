import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Config } from '../config.ts';
import type { SiteStack } from '../site/site-stack.ts';
import { Alerts } from './alerts.ts';
import { Certificate } from './certificate.ts';
import { HostCommands } from './commands.ts';
import { Dashboard } from './dashboard.ts';
import { Health } from './health.ts';
import { OperatorAlarm } from './operator-alarm.ts';
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
    const workflows = [power.workflow, certificate.workflow];
    const health = new Health(this, 'Health', { config, site, alerts, commands, workflows });
    new SiteTick(this, 'Site', { config, site, alerts, power, certificate });
    const alarms = this.node
      .findAll()
      .flatMap((one) => (one instanceof OperatorAlarm ? [one.alarm] : []));
    new Dashboard(this, 'Dashboard', { config, site, health, workflows, alarms });
    new CfnOutput(this, 'Observer', {
      value: health.observe.lambda.functionName,
      description: 'Function that looks at the site: npm run orthweb -- health',
    });
  }
}
