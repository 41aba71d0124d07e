import { z } from 'zod';

export const storage = z
  .strictObject({
    // Prices and tiers: https://aws.amazon.com/s3/pricing/ and
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/intelligent-tiering-overview.html
    intelligentTiering: z
      .boolean()
      .describe(
        'Write true to let S3 move images that nobody has read for 30 days, and again after 90, ' +
          'to cheaper storage that answers just as fast, never to an archive that Orthanc could ' +
          'not read. It costs $0.0025 a month per 1,000 objects over 128 KB: worth it where most ' +
          'images are kept and seldom read.',
      )
      .default(false),
  })
  .describe('A group of how images are stored: intelligentTiering.')
  .prefault({});
