import { X509Certificate } from 'node:crypto';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { all, clinic, synth, userData } from '../support/site-stack.ts';

describe('the database', () => {
  const template = synth();

  it('refuses a connection without TLS', () => {
    template.hasResourceProperties('AWS::RDS::DBParameterGroup', {
      Family: 'postgres17',
      Parameters: { 'rds.force_ssl': '1' },
    });
  });

  it('keeps patient data out of its logs', () => {
    template.hasResourceProperties('AWS::RDS::DBParameterGroup', {
      Parameters: {
        log_statement: 'ddl',
        log_min_duration_statement: '1000',
        log_parameter_max_length: '0',
        log_parameter_max_length_on_error: '0',
        log_error_verbosity: 'terse',
      },
    });
  });

  it('is encrypted, private, backed up when configured, and called after its site', () => {
    template.hasResourceProperties('AWS::RDS::DBInstance', {
      DBInstanceIdentifier: 'clinic',
      DBInstanceClass: 'db.t4g.medium',
      StorageEncrypted: true,
      StorageType: 'gp3',
      PubliclyAccessible: false,
      BackupRetentionPeriod: 7,
      PreferredBackupWindow: '12:00-12:30',
    });
  });

  const secrets = all(template, 'AWS::SecretsManager::Secret');
  const rules = secrets.map(([, { GenerateSecretString: rule }]) => rule);

  it('has generated passwords of letters and digits, which Orthanc takes unquoted', () => {
    const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));

    expect(rules).toHaveLength(3);
    for (const { ExcludeCharacters, RequireEachIncludedType } of rules) {
      const usable = printable.filter((c) => !ExcludeCharacters.includes(c)).join('');

      expect(usable).toMatch(/^[0-9A-Za-z]{62}$/);
      expect(RequireEachIncludedType ?? true).toBe(true);
    }
  });

  it('has a user for Orthanc beside the master, each with a password of its own', () => {
    const template = (user: string) => JSON.stringify({ username: user });

    expect(rules.map(({ SecretStringTemplate }) => SecretStringTemplate)).toEqual([
      template('orthweb_master'),
      template('orthweb_orthanc'),
      '{}',
    ]);
    for (const [, { KmsKeyId }] of secrets) expect(KmsKeyId).toEqual(expect.anything());
  });

  it('logs to groups that expire, exist before it does, and are encrypted with our key', () => {
    const groups = all(template, 'AWS::Logs::LogGroup').filter(([, { LogGroupName }]) =>
      LogGroupName?.startsWith('/aws/rds/'),
    );

    expect(groups.map(([, { LogGroupName }]) => LogGroupName)).toEqual([
      '/aws/rds/instance/clinic/postgresql',
      '/aws/rds/instance/clinic/upgrade',
    ]);
    for (const [id, group] of groups) {
      expect(group).toMatchObject({ RetentionInDays: 90, KmsKeyId: expect.anything() });
      template.hasResource('AWS::RDS::DBInstance', { DependsOn: Match.arrayWith([id]) });
    }
  });

  it('grows by itself before it is full, to twice its size unless told otherwise', () => {
    template.hasResourceProperties('AWS::RDS::DBInstance', {
      AllocatedStorage: '30',
      MaxAllocatedStorage: 60,
    });
  });

  it('has a certificate of the one authority whose root each host is given', () => {
    template.hasResourceProperties('AWS::RDS::DBInstance', {
      CACertificateIdentifier: 'rds-ca-rsa2048-g1',
    });
    for (const script of userData(template)) {
      const [root] = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/.exec(script) ?? [];
      expect(new X509Certificate(root ?? '').subject).toContain(
        'CN=Amazon RDS ca-central-1 Root CA RSA2048 G1',
      );
    }
  });

  it('lets nobody in by a right of IAM, because a right that nobody uses is a door', () => {
    const [[, instance] = []] = all(template, 'AWS::RDS::DBInstance');

    expect(instance?.EnableIAMDatabaseAuthentication).toBeUndefined();
    expect(JSON.stringify(template.toJSON())).not.toContain('rds-db:connect');
  });

  it('is measured each minute, by a role that can write these measurements and nothing else', () => {
    const [[, instance] = []] = all(template, 'AWS::RDS::DBInstance');
    const role = instance?.MonitoringRoleArn['Fn::GetAtt'][0];
    const actions = all(template, 'AWS::IAM::Policy')
      .filter(([, { Roles }]) => Roles[0].Ref === role)
      .flatMap(([, { PolicyDocument }]) => PolicyDocument.Statement)
      .flatMap(({ Action, Resource }) => {
        expect(JSON.stringify(Resource)).toContain(':log-group:RDSOSMetrics');
        return Action;
      });

    expect(instance?.MonitoringInterval).toBe(60);
    expect(actions.filter((action) => !action.startsWith('logs:'))).toEqual([]);
    expect(actions).toHaveLength(6);
  });

  it('is made only once the role that measures it has its rights, which RDS tries', () => {
    const [policy] = all(template, 'AWS::IAM::Policy')
      .filter(([, { Roles }]) => Roles[0].Ref.startsWith('DatabaseMonitoring'))
      .map(([id]) => id);

    template.hasResource('AWS::RDS::DBInstance', { DependsOn: Match.arrayWith([policy ?? '']) });
  });

  it('is patched in its running hours, and its minor version is left to RDS', () => {
    template.hasResourceProperties('AWS::RDS::DBInstance', {
      PreferredMaintenanceWindow: clinic.database.maintenanceWindow,
      EngineVersion: '17',
      AutoMinorVersionUpgrade: true,
    });
  });
});
