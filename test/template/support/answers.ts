import { marshall } from '@aws-sdk/util-dynamodb';

/** Items of the operations table, and what EC2, RDS and SNS answer, as they come over the wire. */
export const item = (sk: string, value: object) => marshall({ pk: 'SITE', sk, version: 3, value });

export const site = (...Items: object[]) => ({ 'dynamodb Query': { Items, Count: Items.length } });
export const instances = (state: string) => ({
  'ec2 DescribeInstances': `<DescribeInstancesResponse><reservationSet>${['a', 'b']
    .map(
      (node) => `<item><instancesSet><item>
        <instanceId>i-${node}</instanceId><dnsName>${node}.example.org</dnsName>
        <instanceState><code>0</code><name>${state}</name></instanceState>
        <tagSet><item><key>orthweb:node</key><value>${node}</value></item></tagSet>
      </item></instancesSet></item>`,
    )
    .join('')}</reservationSet></DescribeInstancesResponse>`,
});

export const database = (status: string) => ({
  'rds DescribeDBInstances': `<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances>
      <DBInstance><DBInstanceStatus>${status}</DBInstanceStatus></DBInstance>
    </DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>`,
});

export const published = {
  'sns Publish':
    '<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>',
};

export const written = { 'dynamodb TransactWriteItems': {} };
