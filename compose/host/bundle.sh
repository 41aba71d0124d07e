#!/usr/bin/env bash
# Keeps the bundle in use, or puts another into use: bundle.sh keep FOLDER, bundle.sh take FOLDER.
# Each file in use is the former or the new one, whole, at any moment: whatever ends this, it can be
# done again, and from what was kept it is undone.
set -euo pipefail

readonly home=/opt/orthweb
# What a bundle brings; the rest of the folder is this host's own.
readonly parts=(compose.yaml settings.json dicom-clients.pem bundle host nginx orthanc systemd)

files() (
  cd "$1"
  for part in "${parts[@]}"; do
    [[ ! -e $part ]] || find "$part" -type f
  done
)

# link FROM TO: there is room for that on a full disk too.
link() {
  mkdir -p "${2%/*}"
  [[ $1 -ef $2 ]] && return
  ln -f "$1" "$home/.taken" && mv -T "$home/.taken" "$2"
}

readonly folder=${2:?}
case $1 in
  keep)
    rm -rf "$folder.unfinished"
    mapfile -t used < <(files "$home")
    for file in "${used[@]}"; do link "$home/$file" "$folder.unfinished/$file"; done
    # Is there as a whole or not at all.
    mv -T "$folder.unfinished" "$folder"
    ;;
  take)
    mapfile -t wanted < <(files "$folder")
    ((${#wanted[@]} > 0))
    mapfile -t used < <(files "$home")
    for file in "${wanted[@]}"; do link "$folder/$file" "$home/$file"; done
    for file in "${used[@]}"; do
      [[ -e $folder/$file ]] || rm "$home/$file"
    done
    ;;
esac
sync --file-system "$home"
