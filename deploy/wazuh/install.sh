#!/bin/sh
# Wazuh's side of Tripline: rules, the block of ossec.conf that reads Tripline's events, and the group. Shows what it would do;
# does it with --apply; takes it back with --undo --apply. It restarts nothing. See docs/install.md.
set -eu
umask 027

usage() {
  cat <<'END'
Usage: install.sh [--undo] [--apply] [options]

  --apply           do it; without, only show what would be done
  --undo            take back what an earlier --apply did
  --home DIR        Wazuh's folder (/var/ossec)
  --events FILE     what the sink `wazuh-log` writes (/var/log/tripline/wazuh-events.json)
  --queue           for the sink `wazuh-queue`: rules and group, no <localfile>
  --drop-in NAME    also put custom-opencti or custom-misp and its <integration> in place; may be given twice
  --user NAME       user that Tripline runs as (tripline)
END
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
home=/var/ossec
events=/var/log/tripline/wazuh-events.json
user=tripline
drop_ins=
apply=
undo=

fail() {
  printf 'install.sh: %s\n' "$1" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
  --apply) apply=1 ;;
  --undo) undo=1 ;;
  --queue) events= ;;
  --home | --events | --drop-in | --user)
    [ $# -gt 1 ] || fail "$1 needs a value"
    case $2 in
    '' | *[!A-Za-z0-9._/-]*) fail "$1: letters, digits, dots, hyphens, underscores and slashes only" ;;
    esac
    case $1 in
    --home) home=${2%/} ;;
    --events) events=$2 ;;
    --user) user=$2 ;;
    --drop-in)
      case $2 in
      custom-opencti | custom-misp) drop_ins="$drop_ins $2" ;;
      *) fail "--drop-in is custom-opencti or custom-misp" ;;
      esac
      ;;
    esac
    shift
    ;;
  -h | --help)
    usage
    exit 0
    ;;
  *)
    usage >&2
    exit 2
    ;;
  esac
  shift
done

conf=$home/etc/ossec.conf
rules=$home/etc/rules
# What was there before, and a list of what was put in its place.
backup=$home/backup/tripline
manifest=$backup/manifest
begin='<!-- Tripline: begin. Kept by deploy/wazuh/install.sh -->'
end='<!-- Tripline: end -->'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

sum_of() { cksum <"$1"; }

# The text of a file without comments; status 3 when one is not closed.
without_comments() {
  awk '{
    line = $0 "\n"
    while (line != "") {
      at = index(line, open ? "-->" : "<!--")
      if (!open) printf "%s", at ? substr(line, 1, at - 1) : line
      if (!at) break
      line = substr(line, at + (open ? 3 : 4))
      open = !open
    }
  } END { exit open ? 3 : 0 }' "$1"
}

# What is odd about ossec.conf; nothing when blocks can be added at its end.
odd() {
  if [ -L "$conf" ]; then echo "is a symbolic link"; return; fi
  if [ ! -f "$conf" ] || [ ! -r "$conf" ]; then echo "is not a file that can be read"; return; fi
  without_comments "$conf" >"$work/plain" || { echo "has a comment that is not closed"; return; }
  awk '{
    line = $0
    while (match(line, /<\/?ossec_config>/)) {
      if (!depth && substr(line, 1, RSTART - 1) ~ /[^ \t\r]/) outside = 1
      depth += substr(line, RSTART, 2) == "</" ? -1 : 1
      if (depth < 0 || depth > 1) bad = 1
      count++
      line = substr(line, RSTART + RLENGTH)
    }
    if (!depth && line ~ /[^ \t\r]/) outside = 1
  } END {
    if (!count) print "has no <ossec_config>"
    else if (bad || depth) print "has an <ossec_config> that is not closed, or closed twice"
    else if (outside) print "has text outside of <ossec_config>"
  }' "$work/plain"
  [ "$(grep -cF "$begin" "$conf")" = "$(grep -cF "$end" "$conf")" ] || echo "has only one end of an earlier block of Tripline"
}

# ossec.conf without the block of an earlier run.
without_block() {
  awk -v begin="$begin" -v end="$end" '
    $0 == begin { skip = 1 }
    !skip { print }
    $0 == end { skip = 0 }' "$1"
}

has() { grep -qF "$1" "$work/plain"; }

block() {
  echo "$begin"
  echo '<ossec_config>'
  if [ -n "$events" ] && ! has "<location>$events</location>"; then
    awk '/<localfile>/, /<\/localfile>/' "$here/localfile.xml" |
      sed "s|<location>.*</location>|<location>$events</location>|"
  fi
  for name in $drop_ins; do
    has "<name>$name</name>" || awk -v name="$name" '
      /<integration>/ { text = ""; wanted = 0; inside = 1 }
      inside && !/<api_key>|<hook_url>/ { text = text $0 "\n" }
      index($0, "<name>" name "</name>") { wanted = 1 }
      /<\/integration>/ { if (wanted) printf "%s", text; inside = 0 }' "$here/integration.xml"
  done
  echo '</ossec_config>'
  echo "$end"
}

# Numbers of rules that another file of the manager has already.
taken() {
  for file in "$rules"/*.xml; do
    case $file in
    */tripline_rules.xml | */tripline_opencti_rules.xml | "$rules/*.xml") continue ;;
    esac
    without_comments "$file" 2>/dev/null | grep -oE "<rule[^>]* id=\"$1\"" || true
  done | sed 's/.* id="\(.*\)"/\1/' | sort -u | tr '\n' ' '
}

count=0
# change TARGET MODE OWNER: the file on standard input shall stand at TARGET. Equal ones are no change.
change() {
  cat >"$work/new"
  if [ -f "$1" ] && cmp -s "$work/new" "$1"; then return 0; fi
  count=$((count + 1))
  mv "$work/new" "$work/$count.new"
  printf '%s %s %s\n' "$1" "$2" "$3" >>"$work/changes"
  if [ -e "$1" ]; then
    printf 'change  %s\n' "$1"
    diff -u "$1" "$work/$count.new" | sed '1,2d; s/^/        /' || true
  else
    printf 'add     %s (%s, %s)\n' "$1" "$2" "$3"
  fi
}

# Numeric, as a container may not know the names.
# stat(1) is not POSIX, and only the first columns are used.
# shellcheck disable=SC2012
owner_of() { ls -ldn "$1" | awk '{ print $3 ":" $4 }'; }
# shellcheck disable=SC2012
group_of() { ls -ld "$1" | awk '{ print $4 }'; }

plan_rules() {
  [ -d "$rules" ] || { echo "skip    rules: no manager here; put them on the manager"; return 0; }
  owner=$(owner_of "$rules")
  found=$(taken '11962[0-2]')
  [ -z "$found" ] || fail "rules $found are taken by other rules in $rules: change the numbers in a copy of tripline_rules.xml"
  found=$(taken '10062[0-2]')
  if [ -z "$found" ]; then
    change "$rules/tripline_rules.xml" 0660 "$owner" <"$here/rules/tripline_rules.xml"
  else
    echo "keep    your rules $found: Tripline's of these numbers are left out"
    awk '/^<group/ && !seen { seen = skip = 1 } !skip { print } /^<\/group>/ { skip = 0 }' "$here/rules/tripline_rules.xml" >"$work/rest"
    change "$rules/tripline_rules.xml" 0660 "$owner" <"$work/rest"
  fi
  found=$(taken '10021[0-5]')
  if [ -z "$found" ]; then
    change "$rules/tripline_opencti_rules.xml" 0660 "$owner" <"$here/rules/tripline_opencti_rules.xml"
  else
    echo "keep    your rules $found: tripline_opencti_rules.xml is left out"
  fi
}

plan_conf() {
  for name in $drop_ins; do
    [ -d "$home/integrations" ] || fail "$home/integrations is not there: drop-ins are for a manager"
    # Wazuh starts no script that its own user could change.
    change "$home/integrations/$name" 0750 "$(id -u):$(owner_of "$home/integrations" | cut -d: -f2)" <"$here/integrations/$name"
  done
  without_block "$conf" >"$work/bare"
  without_comments "$work/bare" >"$work/plain"
  block >"$work/block"
  if [ "$(wc -l <"$work/block")" -gt 4 ]; then
    # awk has ended the last line, where it was not.
    cat "$work/bare" "$work/block" >"$work/conf"
    change "$conf" keep "$(owner_of "$conf")" <"$work/conf"
  elif grep -qF "$begin" "$conf"; then
    change "$conf" keep "$(owner_of "$conf")" <"$work/bare"
  else
    echo "keep    $conf: it has all that is needed"
  fi
}

# Sets `member` to the group that the user still lacks.
plan_group() {
  member=
  group=$(group_of "$conf")
  if ! id -u "$user" >/dev/null 2>&1; then
    echo "skip    group: there is no user $user yet (docs/install.md)"
  elif ! id -nG "$user" | tr ' ' '\n' | grep -qx "$group"; then
    member=$group
    echo "add     user $user to group $group, by which alerts are readable"
  fi
}

put() {
  if [ "$3" = keep ]; then cp -p "$2" "$2.tripline-new"; else : >"$2.tripline-new"; fi
  cat "$1" >"$2.tripline-new"
  [ "$3" = keep ] || { chown "$4" "$2.tripline-new"; chmod "$3" "$2.tripline-new"; }
  mv -f "$2.tripline-new" "$2"
}

# The manifest has a line for each file: number, what was there before (old or none), sum of what we put, size, path.
make_changes() {
  [ -d "$home/backup" ] || { mkdir -p "$backup" && : >"$backup/made-parent"; }
  mkdir -p "$backup"
  if [ -e "$manifest" ]; then cp -p "$manifest" "$work/manifest.before"; else : >"$manifest"; fi
  while read -r target mode owner; do
    done_already=$(awk -v target="$target" '$5 == target { print $1 " " $2 }' "$manifest")
    number=${done_already%% *}
    before=${done_already##* }
    next=$((next + 1))
    [ ! -e "$target" ] || cp -p "$target" "$work/$next.before"
    if [ -z "$done_already" ]; then
      number=$(($(wc -l <"$manifest") + 1))
      before=none
      [ ! -e "$target" ] || { before=old && cp -p "$target" "$backup/$number.old"; }
    fi
    { awk -v target="$target" '$5 != target' "$manifest"; echo "$number $before $(sum_of "$work/$next.new") $target"; } >"$work/manifest"
    cat "$work/manifest" >"$manifest"
    put "$work/$next.new" "$target" "$mode" "$owner"
  done <"$work/changes"
}

# Takes back what the manifest lists; status 1 when something was changed by others since, and stays.
take_back() {
  left=0
  sort -rn "$manifest" >"$work/back"
  while read -r number before sum size target; do
    rm -f "$target.tripline-new"
    if [ "$before" = none ] && [ ! -e "$target" ]; then
      continue
    elif [ -e "$target" ] && [ "$(sum_of "$target")" = "$sum $size" ]; then
      if [ "$before" = old ]; then mv -f "$backup/$number.old" "$target"; else rm -f "$target"; fi
    elif [ "$target" = "$conf" ] && [ -f "$conf" ]; then
      without_block "$conf" >"$work/conf"
      put "$work/conf" "$conf" keep
      rm -f "$backup/$number.old"
    elif [ "$before" = old ] && cmp -s "$backup/$number.old" "$target"; then
      rm -f "$backup/$number.old"
    else
      echo "left as it is, it was changed since: $target" >&2
      left=1
    fi
  done <"$work/back"
  if [ -e "$backup/member" ]; then
    read -r who which <"$backup/member"
    gpasswd -d "$who" "$which" >/dev/null || left=1
  fi
  [ "$left" = 0 ] || { echo "what was there before is in $backup" >&2; return 1; }
  remove_backup
}

remove_backup() {
  parent=
  [ ! -e "$backup/made-parent" ] || parent=$home/backup
  rm -rf "$backup"
  [ -z "$parent" ] || rmdir "$parent" 2>/dev/null || true
}

restart_hint() {
  echo
  if [ -d "$rules" ]; then echo "Now: systemctl restart wazuh-manager"; else echo "Now: systemctl restart wazuh-agent"; fi
}

# Puts back what was there before this run, which may be what an earlier one has put.
roll_back() {
  trap 'rm -rf "$work"' EXIT
  echo "It failed: what was done is taken back." >&2
  number=0
  while read -r target _ _; do
    number=$((number + 1))
    [ "$number" -le "$next" ] || break
    rm -f "$target.tripline-new"
    if [ -e "$work/$number.before" ]; then cp -p "$work/$number.before" "$target"; else rm -f "$target"; fi
  done <"$work/changes"
  if [ -e "$work/manifest.before" ]; then
    cp -p "$work/manifest.before" "$manifest"
  else
    remove_backup
  fi
  exit 1
}

[ -e "$home/etc" ] || fail "$home is no folder of Wazuh: it has no etc. Give --home"

if [ -n "$undo" ]; then
  [ -e "$manifest" ] || fail "nothing to take back: $manifest is not there"
  sort -rn "$manifest" | while read -r _ before _ _ target; do
    if [ "$before" = old ]; then echo "restore $target"; else echo "remove  $target"; fi
  done
  [ ! -e "$backup/member" ] || echo "remove  user and group: $(cat "$backup/member")"
  [ -n "$apply" ] || { echo; echo "Nothing was changed. With --undo --apply it is done."; exit 0; }
  take_back || exit 1
  restart_hint
  exit 0
fi

reason=$(odd)
[ -z "$reason" ] || fail "$conf $reason: nothing is changed. Mend it, or follow deploy/wazuh/README.md by hand"
: >"$work/changes"
plan_rules
plan_conf
plan_group
if [ "$count" = 0 ] && [ -z "$member" ]; then
  echo "Everything is in place."
  exit 0
fi
[ -n "$apply" ] || { echo; echo "Nothing was changed. With --apply it is done; the files of now are kept in $backup."; exit 0; }

trap 'roll_back' EXIT
next=0
make_changes
if [ -x "$home/bin/wazuh-analysisd" ]; then
  "$home/bin/wazuh-analysisd" -t >"$work/test" 2>&1 || {
    cat "$work/test" >&2
    echo "wazuh-analysisd -t refuses this." >&2
    exit 1
  }
  echo "checked with wazuh-analysisd -t"
fi
if [ -n "$member" ]; then
  usermod -aG "$member" "$user"
  echo "$user $member" >"$backup/member"
fi
trap 'rm -rf "$work"' EXIT
restart_hint
