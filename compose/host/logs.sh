#!/usr/bin/env bash
# The last lines that a service has written, 1 to 500 of them and at most 20,000 characters, with all
# that could name a patient or a study taken out: what is quoted, UIDs, Orthanc's identifiers, names as
# DICOM writes them, dates of birth, queries. What remains is for finding faults, not images.
# Says {"lines": […]}.
set -euo pipefail
# shellcheck source=script.sh
source /opt/orthweb/host/script.sh

parameter Service '^(orthanc|nginx)$' 'is no service. Write orthanc or nginx.'
parameter Lines '^([1-9][0-9]?|[1-4][0-9][0-9]|500)$' 'is no number of lines. Write 1 to 500.'

mask() {
  sed --regexp-extended '
    s/"[^"]*"/"…"/g
    s/'"'[^']*'"'/'"'…'"'/g
    s/\?[^ ]*/?…/g
    s/[0-9]+(\.[0-9]+){4,}/<uid>/g
    s/\b[0-9a-f]{8}(-[0-9a-f]{8}){4}\b/<id>/g
    s/[^ ^=,;:]*\^[^ ,;]*/<name>/g
    s/\b(19|20)[0-9]{6}\b/<date>/g
    s/[^[:print:]]/?/g
  '
}

compose logs --no-color --no-log-prefix --timestamps --tail "${SSM_Lines:?}" "${SSM_Service:?}" 2>&1 |
  mask | cut --characters 1-400 | tail --bytes 20000 |
  jq --raw-input --null-input --compact-output '{lines: [inputs]}'
