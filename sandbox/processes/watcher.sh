# Ends a supervisor's processes when the supervisor's own process is gone: the pipe on standard input then closes, SIGKILL included.
# Argument: the mark in the environment of those processes. Each line of input lists the sessions that run, as "<id>:<first signal>";
# the last line counts, and `released` says that there is nothing to end.
trap '' HUP INT TERM
mark=$1
while read -r line; do sessions=$line; done
[ "$sessions" = released ] && exit

ids=" "
for session in $sessions; do
  ids="$ids${session%:*} "
  kill -s "${session#*:}" -- "-${session%:*}"
done 2>/dev/null

# The live processes that carry the mark or are in one of the sessions.
living() {
  grep -lszxF "$mark" /proc/[0-9]*/environ | cut -d / -f 3
  for process in /proc/[0-9]*; do
    read -r stat <"$process/stat" || continue
    set -- ${stat##*) }
    case $1 in Z | X) continue ;; esac
    case $ids in *" $4 "*) echo "${process#/proc/}" ;; esac
  done
}

# One second for what is in the middle of something, then SIGKILL.
tries=0
while pids=$(living 2>/dev/null) && [ -n "$pids" ]; do
  [ "$tries" -lt 20 ] || kill -s KILL $pids 2>/dev/null
  tries=$((tries + 1))
  sleep 0.05
done
