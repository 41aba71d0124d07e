import { describe, expect, it } from 'vitest';
import { assertPinned, composeFile } from '../../../../infra/site/container-images.ts';
import { refusal } from '../../support/config.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const ELSEWHERE = `registry.example.org:5000/a/b:1@${DIGEST}`;

const compose = (nginx: string) =>
  `services:\n  nginx:\n    ${nginx}\n  orthanc:\n    image: ${ELSEWHERE}\n`;

/** How a Compose file is refused; an error if it is accepted. */
const refusalOf = (source: string) => refusal(() => assertPinned(source));

describe('images of a production site', () => {
  it('are pinned in the Compose file of this version', () => {
    expect(() => assertPinned(composeFile())).not.toThrow();
    expect(composeFile()).toMatch(/image: .*nginx/);
  });

  it.each([
    [`image: nginx:1.29.8@${DIGEST}`],
    [`image: "docker.io/library/nginx:1.29.8-alpine@${DIGEST}"`],
  ])('may be %s', (nginx) => {
    expect(() => assertPinned(compose(nginx))).not.toThrow();
  });

  it.each([
    ['image: nginx:1.29.8', '"nginx:1.29.8"', 'has no digest, .* Run npm run images\\.'],
    ['image: nginx', '"nginx"', 'says no version, .* then run npm run images\\.'],
    ['image: nginx:latest', '"nginx:latest"', 'is another image tomorrow: .* npm run images\\.'],
    [
      `image: nginx:latest@${DIGEST}`,
      `"nginx:latest@${DIGEST}"`,
      'is another image tomorrow: .* npm run images\\.',
    ],
    [`image: nginx@${DIGEST}`, `"nginx@${DIGEST}"`, 'says no version'],
    [
      'image: nginx:1.29.8@sha256:0123',
      '"nginx:1.29.8@sha256:0123"',
      'is no image with a version and a whole digest, .* npm run images\\.',
    ],
    [
      'image: nginx:${VERSION}',
      '"nginx:${VERSION}"',
      'is no image with a version and a whole digest',
    ],
    ['build: .', 'nothing', 'is an image that production could pin. .* npm run images\\.'],
  ])('are not %s', (nginx, value, remedy) => {
    const { problems } = refusalOf(compose(nginx));

    expect(problems).toEqual([
      {
        field: 'compose/compose.yaml services.nginx.image',
        value,
        remedy: expect.stringMatching(new RegExp(`^${remedy}`)),
      },
    ]);
  });

  it('are refused all at once', () => {
    const { message } = refusalOf(compose('image: nginx').replace(`@${DIGEST}`, ''));

    expect(message.split('\n').map((line) => line.split(':')[0])).toEqual([
      'compose/compose.yaml services.nginx.image',
      'compose/compose.yaml services.orthanc.image',
    ]);
  });
});
