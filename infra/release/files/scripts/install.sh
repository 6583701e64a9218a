#!/bin/bash
# Makes this release the one that systemd runs: user, folders, units, one worker for each processor. Running it
# again changes nothing.
#
# Reads /etc/product-worker/machine.env. WORKERS overrides the number of workers; ROOT, a folder instead of /, is
# for tests.
set -euo pipefail
umask 022

ROOT=${ROOT:-}
release=$(cd "$(dirname "$0")/.." && pwd)
etc="$ROOT/etc/product-worker"
units="$ROOT/etc/systemd/system"
# shellcheck disable=SC1091 # written by the user data
. "$etc/machine.env"
# One process uses one processor: the worker is a single event loop.
WORKERS=${WORKERS:-$(nproc)}

install -d -m 0755 "$units" "$ROOT/etc/sysusers.d" "$units/product-worker.target.d" \
  "$units/product-worker@.service.d"
install -m 0644 "$release/product-worker.sysusers" "$ROOT/etc/sysusers.d/product-worker.conf"
systemd-sysusers --root="$ROOT/" product-worker.conf

# Root's: see the unit of the worker.
install -d -m 0755 "$ROOT/var/log/product-worker"
install -m 0644 "$release/logrotate.conf" "$etc/logrotate.conf"
install -m 0644 "$release"/systemd/* "$units/"

cat >"$units/product-worker@.service.d/stop-timeout.conf" <<END
[Service]
TimeoutStopSec=$STOP_TIMEOUT
END

# Every worker listens for health and metrics on a port of its own, from HTTP_PORT on; 0 turns it off for all.
http_port=$(sed -n 's/^HTTP_PORT=\([0-9]*\)$/\1/p' "$etc/worker.env" | tail -n 1)
http_port=${http_port:-9090}
rm -f "$etc"/worker-*.env
wants=''
for ((worker = 1; worker <= WORKERS; worker++)); do
  wants+=" product-worker@$worker.service"
  echo "HTTP_PORT=$((http_port == 0 ? 0 : http_port + worker - 1))" >"$etc/worker-$worker.env"
done
cat >"$units/product-worker.target.d/workers.conf" <<END
[Unit]
Wants=$wants
END

systemctl daemon-reload
# The worker first: it waits for nothing else here.
systemctl enable --now product-worker.target
systemctl enable --now product-worker-drain.service product-worker-logrotate.timer product-worker-logs.service
echo "product-worker: started $WORKERS workers"
