# shellcheck shell=bash
# A copy of this machine that is gone afterwards, with a Wazuh manager that is made up and, as `machine` says, with Tripline.
# Sourced as root in namespaces of its own (mount, processes, network). Needs: repo, base, work, machine, modules, servers.

: "${repo:?}" "${base:?}" "${work:?}" "${machine:?}" "${modules:?}" "${servers:?}"
set -euo pipefail
umask 022
export PATH=$repo/test/pages/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root NODE_EXTRA_CA_CERTS=$base/tls/cert.pem npm_config_prefer_offline=true npm_config_loglevel=error npm_config_update_notifier=false
export repo base work modules

mount -t tmpfs tmpfs /mnt
over() {
  mkdir -p "/mnt/$3.up" "/mnt/$3.work" "$2"
  mount -t overlay overlay -o "lowerdir=$1,upperdir=/mnt/$3.up,workdir=/mnt/$3.work" "$2"
}
for folder in etc var opt usr root tmp; do over "/$folder" "/$folder" "$folder"; done
mount -t tmpfs -o mode=0755 tmpfs /run
over "$base/src" /srv/tripline src

for name in misp.example.net opencti.example.net opencti.example.org tripline.example.net indexer; do
  echo "127.0.0.1 $name"
done >>/etc/hosts

# What Wazuh's package puts there, as far as a page touches it.
groupadd --force wazuh
id -u wazuh >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin -g wazuh wazuh
install -d -o root -g wazuh -m 0750 /var/ossec /var/ossec/{bin,etc,etc/rules,framework,framework/python,framework/python/bin,integrations,logs,queue,tmp}
install -d -o wazuh -g wazuh -m 0750 /var/ossec/logs/{alerts,archives} /var/ossec/queue/sockets
chmod 0770 /var/ossec/logs
cat >/var/ossec/etc/ossec.conf <<'END'
<ossec_config>
  <global><jsonout_output>yes</jsonout_output></global>
</ossec_config>
END
for name in wazuh-analysisd wazuh-logtest; do
  printf '#!/bin/sh\nexec node --import %s %s %s "$@"\n' "$repo/node_modules/tsx/dist/loader.mjs" "$repo/test/pages/fake-wazuh.ts" "$name" >"/var/ossec/bin/$name"
done
chmod 0750 /var/ossec/bin/*
ln -s /usr/bin/python3 /var/ossec/framework/python/bin/python3
printf '#!/bin/sh\nexit 0\n' >/var/ossec/integrations/custom-opencti
cp "$repo/examples/alerts/alerts.jsonl" /var/ossec/logs/alerts/alerts.json
head -n 5 "$repo/examples/alerts/alerts.jsonl" >/var/ossec/logs/archives/archives.json
chgrp -R wazuh /var/ossec
chown wazuh /var/ossec/logs/*/*.json
chmod 0640 /var/ossec/logs/*/*.json
chmod 0750 /var/ossec/integrations/custom-opencti
alert 11.0.0.66

# What `editor` writes into a file of that name.
mkdir /run/written
jq -r .misp "$servers" >/run/written/misp.key
jq -r .opencti "$servers" | tee /run/written/opencti.token >/run/written/opencti-token
printf 'WAZUH_GID=%s\n' "$(getent group wazuh | cut -d: -f3)" >/run/written/.env

if [ "$machine" = sources ]; then
  cd /srv/tripline
else
  over "$base/usr/lib/node_modules/tripline" "$modules/tripline" package
  ln -s "$modules/tripline/dist/cli.js" /usr/local/bin/tripline
  useradd --system --no-create-home --shell /usr/sbin/nologin --groups wazuh tripline
  install -d -o root -g tripline -m 0750 /etc/tripline /etc/tripline/{feeds,tls,misp-warninglists,misp-warninglists/lists}
  install -d -o tripline -g tripline -m 0750 /var/lib/tripline /var/log/tripline /var/log/misp-processor
  install -m 0644 "$modules/tripline/deploy/systemd/tripline.service" /etc/systemd/system/
  for name in misp.key opencti.token opencti-token; do
    install -o root -g tripline -m 0640 "/run/written/$name" "/etc/tripline/$name"
  done
  openssl rand -hex 32 | install -o root -g tripline -m 0640 /dev/stdin /etc/tripline/http.token
  for name in tls/cert.pem http.crt; do install -o root -g tripline -m 0640 "$base/tls/cert.pem" "/etc/tripline/$name"; done
  for name in tls/key.pem http.key; do install -o root -g tripline -m 0640 "$base/tls/key.pem" "/etc/tripline/$name"; done
  echo '11.0.0.99  # a feed' >/etc/tripline/feeds/own.txt
  echo '{"name":"Own","type":"string","matching_attributes":["domain"],"list":["example.org"]}' >/etc/tripline/misp-warninglists/lists/list.json
  install -o root -g tripline -m 0640 "$work/base.yaml" /etc/tripline/tripline.yaml
  cd "$modules/tripline"
fi
