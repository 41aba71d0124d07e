import { configureGlobal } from 'fast-check';

// Properties are tried on the same cases by everybody: what fails is what somebody has changed.
configureGlobal({ seed: 20261123 });
