# The quickstart on YARN: sourced by scripts/quickstart. Expects common.sh, $alpheus (a program), $ROOT.
#
# A secured cluster comes up on this machine; the flights arrive month by month in a folder of HDFS; the job's master and one
# of its workers are killed on the way; the result is compared with that of a quiet run on this machine.

quickstart_yarn() {
  # Not local: the trap needs it when the function is over.
  work=
  local data
  data=$(fetch_flights)
  work=$(mktemp -d "${TMPDIR:-/tmp}/alpheus-quickstart-yarn.XXXXXX")
  chmod 755 "$work"
  cluster() { scripts/dev-cluster --dir "$work/cluster" "$@"; }
  hdfs() { cluster hdfs "$@"; }
  # Whatever happens, nothing is left behind.
  trap 'scripts/dev-cluster --dir "$work/cluster" down >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

  say "starting KDC, HDFS and YARN, secured as in production"
  cluster up --nodes 2 >&2
  cluster kinit alice >/dev/null
  eval "$(cluster env)"

  say "what is to come out: the job on this machine, undisturbed"
  mkdir -p "$work/months" "$work/quiet"
  split --number=l/12 --numeric-suffixes=1 --additional-suffix=.csv "$data/flights.csv" "$work/months/month-"
  local tables
  tables=$(sed -e "s|\${DATA}/flights.csv|@IN@|; s|'format' = 'csv',|'format' = 'csv', @MONITOR@|" examples/flights/tables.sql)
  script() { # IN OUT MONITOR
    printf '%s\n' "$tables" | sed -e "s|@IN@|$1|; s|@MONITOR@|$3|"
    sed -e "s|\${OUT}|$2|g" examples/flights/flights.sql
  }
  script "$work/months" "$work/quiet" "" > "$work/quiet.sql"
  "$alpheus" run -D parallelism.default=2 "$work/quiet.sql"

  say "alice submits the same job; its input is a folder that fills month by month"
  local in=/user/alice/flights out=/user/alice/out
  hdfs dfs -mkdir -p "$in" "$out"
  script "hdfs://$in" "hdfs://$out" "'source.monitor-interval' = '1 s'," > "$work/flights.sql"
  local application
  application=$("$alpheus" run -d -t yarn-application \
    -D yarn.provided.lib.dirs=hdfs:///tmp/alpheus -D high-availability.type=FILESYSTEM \
    -D parallelism.default=2 -D taskmanager.memory.process.size=512mb -D jobmanager.memory.process.size=256mb \
    -D execution.checkpointing.interval=1s "$work/flights.sql")
  local of=(-t yarn-application -D "yarn.application.id=$application")
  running() { pgrep -f "^\./alpheus $1.*${application#application_}" | head -n 1; }
  wait_for() { until [ -n "$(running "$1")" ]; do sleep 0.2; done; }
  wait_for worker

  local month=0 file
  for file in "$work"/months/*.csv; do
    month=$((month + 1))
    hdfs dfs -put "$file" "$in/"
    case $month in
      4)
        say "month $month: killing the master (process $(running am)); its workers run on"
        kill -9 "$(running am)"
        sleep 1 && wait_for am
        say "the next attempt is process $(running am)"
        ;;
      8)
        say "month $month: killing a worker (process $(running worker))"
        kill -9 "$(running worker)"
        ;;
      *) say "month $month" ;;
    esac
  done
  # The last files are found, read and counted.
  sleep 10
  say "stopping with a savepoint; all windows fire"
  "$alpheus" stop --drain "${of[@]}" -p "hdfs:///user/alice/savepoints"
  cluster yarn application -status "$application" 2>/dev/null | grep -E 'State|Diagnostics' || true

  local table
  for table in departures_hourly departures_3h; do
    hdfs dfs -cat "$out/$table/part-*" 2>/dev/null | sort > "$work/$table.yarn"
    cat "$work/quiet/$table"/part-* | sort > "$work/$table.quiet"
    cmp --silent "$work/$table.yarn" "$work/$table.quiet" || {
      diff "$work/$table.quiet" "$work/$table.yarn" | head -n 5
      die "$table differs from the quiet run"
    }
    say "$table: $(wc -l < "$work/$table.yarn") rows, the same as of the quiet run"
  done
  say "cleaning up"
}
