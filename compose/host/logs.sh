#!/usr/bin/env bash
# The last lines that a service has written, 1 to 500 of them and less than 24,000 characters in all:
# of each line when it was written, how grave it is, what wrote it, and those of the constant phrases
# in phrases.txt that are in it. Nothing else of a line comes through: what a patient, a study or a
# person is called may stand anywhere in it, in any form, and no pattern finds it all.
# Says {"lines": […]}, or with none of them why.
set -euo pipefail
# shellcheck source=script.sh
source /opt/orthweb/host/script.sh

parameter Service '^(orthanc|nginx)$' 'is no service. Write orthanc or nginx.'
parameter Lines '^([1-9][0-9]?|[1-4][0-9][0-9]|500)$' 'is no number of lines. Write 1 to 500.'

written=$(mktemp -p /run/orthweb)
trap 'rm -f "$written"' EXIT
if ! compose logs --no-color --no-log-prefix --timestamps --tail "${SSM_Lines:?}" "${SSM_Service:?}" >"$written" 2>&1; then
  # What Docker says comes the same way as what services write.
  say '{lines: [], reason: "Docker gave no lines of \($service). See what probe says of it."}' \
    --arg service "$SSM_Service"
  exit 1
fi

# Forms that lines have by the configuration of nginx and by Orthanc's own logging; in the order of
# what is kept, each part is a number, one of some words, or the name of a source file.
tail --lines "$SSM_Lines" "$written" | cut --bytes 1-4000 |
  jq --raw-input --null-input --compact-output --rawfile phrases "$home/host/phrases.txt" '
    ($phrases | split("\n") | map(select(test("^[^#]")))) as $phrases
    | ("patients studies series instances tools dicom-web ui system statistics changes jobs modalities peers plugins queries exports wado"
        | split(" ") | map("/orthanc/" + .) + ["other", "/", "/healthz"]) as $places

    | def said: . as $line | [$phrases[] | select(. as $one | $line | contains($one))][0:5] | join("; ")
        | if . == "" then "(withheld)" else . end;
    def joined: map(select(. != null)) | join(" ");
    def number: "(?:[0-9]{1,15}(?:[.][0-9]{1,3})?|-)";
    def from_nginx:
      capture("^(?<from>[0-9a-f.:]{2,45}) \\[[0-9T:+-]{25}\\] (?<method>[A-Za-z]+) (?<place>\\S+) (?<numbers>[1-5][0-9]{2} " + number + " " + number + ") (?<tls>TLSv1[.][0-9]|-)$")
        | [.from, (.method | if IN("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS") then . else "other" end),
           (.place | if IN($places[]) then . else "other" end), .numbers, .tls] | joined;
    def from_stream:
      capture("^(?<from>[0-9a-f.:]{2,45}) \\[[0-9T:+-]{25}\\] (?<numbers>[1-5][0-9]{2} " + number + " " + number + " " + number + ") (?<tls>TLSv1[.][0-9]|-) \"")
        | [.from, "DICOM", .numbers, .tls] | joined;
    def error_of_nginx:
      . as $line
      | capture("^[0-9/]{10} [0-9:]{8} \\[(?<level>debug|info|notice|warn|error|crit|alert|emerg)\\] [0-9]+#[0-9]+: ")
      | [.level, ($line | capture("[(](?<number>[0-9]{1,3}): ").number // null), ($line | said)] | joined;
    def from_orthanc:
      . as $line
      | capture("^(?<level>[EWIT])[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6} +(?:[A-Z0-9_-]{1,20} +)?(?<file>[A-Za-z][A-Za-z0-9]{1,60}[.](?:cpp|cc|c|h):[0-9]{1,5})\\] ")
      | [.level, .file, ($line | said)] | joined;

    [inputs
      | capture("^(?:(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.][0-9]{1,9})?Z) )?(?<line>.*)$")
      | [.time, (.line | first(from_nginx, from_stream, error_of_nginx, from_orthanc, said))] | joined]
    # From the last one back, as many as there is room for.
    | reduce (reverse | .[]) as $line ({left: 23000, lines: []};
        ($line | tojson | length + 1) as $long
        | .left -= $long | if .left > 0 then .lines += [$line] else . end)
    | {lines: (.lines | reverse)}'
