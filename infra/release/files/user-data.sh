#!/bin/bash
# An instance's user data: cloud-init runs it as root at the first boot. It writes the worker's environment,
# fetches the release and hands over to the release's own install.sh. Running it again changes nothing.
#
# It is a template: what stands in dollar and braces is filled in by the stack (infra/constructs/user-data.ts), and
# the shell's own variables are written without braces.
#
# ROOT, a folder instead of /, is for tests.
set -euo pipefail
umask 022

region='${region}'
release_bucket='${release_bucket}'
release_key='${release_key}'
release_version_id='${release_version_id}'
release_sha256='${release_sha256}'
build_id='${build_id}'
stop_timeout='${stop_timeout}'
log_group='${log_group}'
asg_name='${asg_name}'
hook_name='${hook_name}'
worker_env=$(mktemp)
cat >"$worker_env" <<'END_OF_WORKER_ENV'
${worker_env}
END_OF_WORKER_ENV

[ -v ROOT ] || ROOT=''
etc="$ROOT/etc/product-worker"
opt="$ROOT/opt/product-worker"
release="$opt/releases/$build_id"

say() { echo "product-worker: $1"; }

# Only systemd reads these, as root. It does not expand variables in them.
write_environment() {
  install -d -m 0755 "$etc"
  install -m 0640 "$worker_env" "$etc/worker.env"
  rm -f "$worker_env"
  (
    umask 027
    printf "%s='%s'\n" \
      AWS_REGION "$region" BUILD_ID "$build_id" STOP_TIMEOUT "$stop_timeout" \
      LOG_GROUP "$log_group" ASG_NAME "$asg_name" HOOK_NAME "$hook_name" >"$etc/machine.env"
  )
}

# For ever: a machine that boots while S3, the key or its own credentials cannot be used heals by itself. The
# version is asked for by its id, so that no later upload changes what this launch template starts.
download() {
  local wait=2
  until aws s3api get-object --region "$region" --bucket "$release_bucket" --key "$release_key" \
    --version-id "$release_version_id" --cli-connect-timeout 10 --cli-read-timeout 60 "$1" >/dev/null; do
    say "the release could not be downloaded; trying again in $wait s"
    sleep "$wait"
    wait=$((wait * 2 > 60 ? 60 : wait * 2))
  done
}

# The release's folder appears whole or not at all: that it exists says that it is complete.
fetch_release() {
  local fresh
  install -d -m 0755 "$opt/releases"
  fresh=$(mktemp -d "$opt/releases/.fresh-XXXXXX")
  # shellcheck disable=SC2064 # the folder of now
  trap "rm -rf '$fresh'" EXIT
  say "downloading build $build_id"
  download "$fresh/archive.tar.gz"
  if ! echo "$release_sha256  $fresh/archive.tar.gz" | sha256sum --check --status; then
    say "the release is not the one that was deployed: its sha256 is not $release_sha256; nothing is started"
    exit 1
  fi
  install -d -m 0755 "$fresh/release"
  tar --extract --gzip --no-same-owner --file "$fresh/archive.tar.gz" --directory "$fresh/release"
  mv --no-target-directory "$fresh/release" "$release"
  rm -rf "$fresh"
}

write_environment
[ -d "$release" ] || fetch_release
# A new link is renamed over the old one: there is no moment without a current release.
ln -s "releases/$build_id" "$opt/current.new-$$"
mv --no-target-directory "$opt/current.new-$$" "$opt/current"
ROOT=$ROOT "$opt/current/scripts/install.sh"
say "build $build_id is installed"
