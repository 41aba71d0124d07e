/** Bash that breaks a host. Each is to be run on it. */

const COMPOSE = 'docker compose --project-directory /opt/orthweb';

/** Kills a container; Docker does not start again what somebody has killed by it. */
export const killed = (service: string): string => `${COMPOSE} kill ${service}`;

/** Sends a signal to all processes of a service, behind Docker's back. */
export const signalled = (signal: 'STOP' | 'CONT' | 'KILL', service: string): string =>
  `first=$(docker inspect --format '{{.State.Pid}}' orthweb-${service}-1)
   kill -s ${signal} "$first" $(cat "/proc/$first/task/$first/children")`;

/** Puts another pair in use, of a certificate with an EC key and a key of some kind; nginx agrees. */
export const pairWithKey = (kind: 'own' | 'rsa'): string => `
  cd /opt/orthweb/tls
  mkdir gen/other
  cp gen/interim/ca.pem gen/interim/name gen/other
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 -subj /CN=orthweb-a \\
    -addext subjectAltName=DNS:orthweb-a -keyout gen/other/tls.key -out gen/other/fullchain.pem
  [[ ${kind} == own ]] || openssl genrsa -out gen/other/tls.key 2048
  ln -sfn gen/other live
  nginx() { ${COMPOSE} exec -T nginx nginx -c /etc/orthweb/nginx.conf "$@"; }
  nginx -t
  nginx -s reload
  # It answers by the former pair until its new workers are there.
  while curl --silent --cacert ca.pem --connect-to ::127.0.0.1 https://orthweb-a/healthz; do :; done`;

/** Puts the first pair back. */
export const FIRST_PAIR = 'cd /opt/orthweb/tls && ln -sfn gen/interim live && rm -r gen/other';

/** Fills the disk up to so many bytes. */
export const filledDisk = (left: number): string => `
  free=$(df --block-size=1 --output=avail /opt/orthweb | tail --lines 1)
  head --bytes "$((free - ${left}))" /dev/zero >/opt/orthweb/filled || true`;
export const FREE_DISK = 'rm /opt/orthweb/filled';

/** Puts a program before one of the same name: bash, in which "$@" is the call of the one of the machine. */
export const overlaid = (program: string, script: string): string => `
  printf '%s\\n' '#!/bin/bash' 'set -- /usr/bin/${program} "$@"' '${script}' >/usr/local/bin/${program}
  chmod +x /usr/local/bin/${program}`;

/** Orthanc gives up on its database at once, as it else does after a minute. */
export const IMPATIENT_ORTHANC = `
  file=/run/orthweb/config/orthanc/orthanc.json
  jq '.PostgreSQL += {MaximumConnectionRetries: 1, ConnectionRetryInterval: 1}' "$file" >/tmp/impatient
  cat /tmp/impatient >"$file"`;
