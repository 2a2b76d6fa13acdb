# shellcheck shell=bash
# Functions that a page's script is made of (test/pages/runner.ts). What each step gave goes to descriptor 3, a JSON object a line.

: "${work:?}"
set -euo pipefail
place=/run/place
export place

# told STEP CODE: the output is in /run/output.
told() { printf '{"step":%d,"code":%d,"output":"%s"}\n' "$1" "$2" "$(base64 -w0 /run/output)" >&3; }

# Shell as a reader has it: the folder stays, nothing else; the first command that fails ends the block.
reader() {
  # shellcheck disable=SC2016 # for that shell
  cd "$(cat "$place")" && exec bash -eo pipefail -c 'trap "pwd >\"\$place\"" EXIT; . "$1"' bash "$1"
}

block() {
  local code=0
  pwd >"$place"
  (reader "$work/$1.sh") >/run/output 2>&1 </dev/null 3>&- || code=$?
  told "$1" "$code"
  cd "$(cat "$place")"
}

# until STEP TEXT: ends what goes on for ever when it has printed TEXT.
until_said() {
  local code=1
  pwd >"$place"
  (reader "$work/$1.sh") >/run/output 2>&1 </dev/null 3>&- &
  local process=$!
  for _ in $(seq 300); do
    if grep -qF -- "$2" /run/output; then code=0; break; fi
    kill -0 "$process" 2>/dev/null || break
    sleep 0.1
  done
  pkill -P "$process" || true
  wait "$process" || true
  told "$1" "$code"
}

# settings STEP: what the page has said so far is the configuration, and good.
settings() {
  local code=0
  local user=tripline
  # systemd makes its folders, which only root could before.
  [ -d /var/lib/tripline ] || user=root
  install -o root -g tripline -m 0640 "$work/$1.yaml" /etc/tripline/tripline.yaml
  runuser -u "$user" -- tripline check --config /etc/tripline/tripline.yaml >/run/output 2>&1 || code=$?
  told "$1" "$code"
}

# apart STEP: the same of settings that are another way.
apart() {
  cp -p /etc/tripline/tripline.yaml /run/kept.yaml
  settings "$1"
  cp -p /run/kept.yaml /etc/tripline/tripline.yaml
}

# environment STEP: all variables that the page has said so far.
environment() {
  local code=0
  (
    set -a
    # shellcheck source=/dev/null
    . "$work/$1.sh"
    exec runuser -u tripline -- tripline check
  ) >/run/output 2>&1 || code=$?
  told "$1" "$code"
}

# What the hooks of set-ups.ts are made of.

# waits_for COMMAND...: until it succeeds, half a minute at most.
waits_for() {
  for _ in $(seq 300); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.1
  done
  echo "in vain: $*" >&2
  return 1
}

# drop_in LINE: of the unit.
drop_in() {
  mkdir -p /etc/systemd/system/tripline.service.d
  printf '[Service]\n%s\n' "$1" >/etc/systemd/system/tripline.service.d/page.conf
  systemctl daemon-reload
}

# finds: Tripline runs, and has found a match.
finds() {
  systemctl start tripline
  alert 11.0.0.66 "${1:-0}"
  waits_for test -s /var/log/tripline/ioc-matched.log -a -s /var/log/tripline/ioc-parsed.log
}

# keeps_coming ADDRESS: Wazuh writes an alert about it every second.
keeps_coming() {
  while sleep 1; do alert "$1"; done >/dev/null 2>&1 </dev/null 3>&- &
}

# enough_when_raised RULE [FILE]: alerts.json begins anew, and `sleep` takes until Wazuh has raised that, and FILE has something in it.
enough_when_raised() {
  : >/var/ossec/logs/alerts/alerts.json
  export enough="grep '\"id\":\"$1\"' /var/ossec/logs/alerts/alerts.json && [ -s '${2:-/var/ossec/logs/alerts/alerts.json}' ]"
}
