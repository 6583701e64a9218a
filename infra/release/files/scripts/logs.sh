#!/bin/bash
# Installs the CloudWatch agent and has it send the workers' logs, one stream for each worker. The workers run
# without it: what they wrote before is sent once the agent is there.
#
# Reads AWS_REGION and LOG_GROUP. ROOT, a folder instead of /, is for tests.
set -euo pipefail

ROOT=${ROOT:-}
etc="$ROOT/etc/product-worker"
config="$etc/cloudwatch-agent.json"
control="$ROOT/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"

# From Amazon Linux's own repository, which is in S3: a private subnet reaches it through its S3 endpoint.
# logrotate is in the standard image, but not in the minimal one.
install_agent() {
  [ -x "$control" ] || dnf install --assumeyes amazon-cloudwatch-agent logrotate
}

# No retention in it: the log group's own stays. The timestamp is the worker's, so that lines that were written
# before the agent came are not all of one moment.
write_config() {
  local list='' file worker
  for file in "$etc"/worker-*.env; do
    worker=$(basename "$file" .env)
    list+="${list:+,}"$(
      cat <<END

        {
          "file_path": "$ROOT/var/log/product-worker/$worker.log",
          "log_group_name": "$LOG_GROUP",
          "log_stream_name": "{instance_id}/$worker",
          "timestamp_format": "%Y-%m-%dT%H:%M:%S.%fZ",
          "timezone": "UTC"
        }
END
    )
  done
  cat >"$config" <<END
{
  "agent": { "region": "$AWS_REGION" },
  "logs": {
    "force_flush_interval": 5,
    "logs_collected": {
      "files": {
        "collect_list": [$list
        ]
      }
    }
  }
}
END
}

start_agent() { "$control" -a fetch-config -m ec2 -s -c "file:$config"; }

write_config
wait=5
until install_agent && start_agent; do
  echo "product-worker-logs: the log agent could not be installed and started; trying again in $wait s"
  sleep "$wait"
  wait=$((wait * 2 > 300 ? 300 : wait * 2))
done
echo 'product-worker-logs: the log agent is running'
