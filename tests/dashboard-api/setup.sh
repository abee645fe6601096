#!/usr/bin/env bash
# Installs what the end-to-end tests of dashboard-api need beyond Node and redis-server.
exec "$(dirname "$0")/../../scripts/setup-postgres.sh"
