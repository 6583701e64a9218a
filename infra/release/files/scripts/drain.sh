#!/bin/bash
# Watches for the end of this instance, by Auto Scaling or by a spot interruption, and lets the workers finish what
# they have in hand before it: stops them, lets the log agent send the last lines, and tells Auto Scaling to go on.
#
# Reads AWS_REGION, ASG_NAME and HOOK_NAME. METADATA, where the instance metadata is, is for tests.
set -euo pipefail

METADATA=${METADATA:-http://169.254.169.254/latest}
POLL_SECONDS=5
# The log agent flushes every 5 s and looks at the files every second.
FLUSH_SECONDS=8
RETRY_SECONDS=2

say() { echo "product-worker-drain: $1"; }

# Prints a value of the instance metadata. Fails where there is none (404), and where the service does not answer.
metadata() {
  local token
  token=$(curl --silent --fail --max-time 2 --request PUT "$METADATA/api/token" \
    --header 'X-aws-ec2-metadata-token-ttl-seconds: 60') || return 1
  curl --silent --fail --max-time 2 --header "X-aws-ec2-metadata-token: $token" "$METADATA/meta-data/$1"
}

# Prints why the instance ends, or nothing. A service that does not answer is asked again at the next look.
ending() {
  local state
  state=$(metadata autoscaling/target-lifecycle-state || true)
  if [ "$state" = Terminated ]; then
    echo termination
  elif metadata spot/instance-action >/dev/null; then
    echo interruption
  fi
}

# Comes back when every worker has ended: the target's stop waits for theirs.
stop_workers() {
  until systemctl stop product-worker.target; do
    say "the workers could not be stopped; trying again in $RETRY_SECONDS s"
    sleep "$RETRY_SECONDS"
  done
}

complete_lifecycle_action() {
  local instance attempt
  for attempt in 1 2 3 4 5; do
    if instance=$(metadata instance-id) && aws autoscaling complete-lifecycle-action \
      --region "$AWS_REGION" --auto-scaling-group-name "$ASG_NAME" --lifecycle-hook-name "$HOOK_NAME" \
      --instance-id "$instance" --lifecycle-action-result CONTINUE \
      --cli-connect-timeout 5 --cli-read-timeout 10; then
      return 0
    fi
    say "Auto Scaling did not take the end of the drain (attempt $attempt)"
    sleep "$RETRY_SECONDS"
  done
  return 1
}

why=''
while [ -z "$why" ]; do
  why=$(ending)
  [ -n "$why" ] || sleep "$POLL_SECONDS"
done

say "$why ahead: stopping the workers"
stop_workers
say 'the workers have ended'
sleep "$FLUSH_SECONDS"
if complete_lifecycle_action; then
  say 'Auto Scaling goes on'
elif [ "$why" = interruption ]; then
  # EC2 takes the instance whether or not there is a lifecycle action to complete.
  say 'nothing more to do: EC2 ends the instance'
else
  # systemd starts this again; the hook's own timeout ends the instance at last.
  say 'the lifecycle action is still open'
  exit 1
fi
