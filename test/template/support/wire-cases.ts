import { CERTIFICATE } from './wire-cases/certificate.ts';
import { HEALTH } from './wire-cases/health.ts';
import { POWER } from './wire-cases/power.ts';
import { SITE } from './wire-cases/site.ts';
import type { WireCases } from './wire-cases/wire-case.ts';

/** At least one case for each function; together they reach every client that it carries. */
export const WIRE_CASES: WireCases = { ...POWER, ...CERTIFICATE, ...HEALTH, ...SITE };
