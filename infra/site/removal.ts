import { RemovalPolicy } from 'aws-cdk-lib';

/**
 * What becomes of a resource with data when it leaves the template or the stack is deleted. One
 * that is kept goes all the same when the deployment that made it fails: it holds nothing yet, and
 * its name would be taken when the deployment is repeated.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
 */
export const removalOf = ({ keepsData }: { readonly keepsData: boolean }): RemovalPolicy =>
  keepsData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
