#!/bin/sh
# The image as an installation: what is in it, how it starts, stops and finds itself. Run by
# tools/clients/run. One line a check: `ok NAME`, `FAIL NAME: reason` or `skip NAME: reason`.
set -u
image=$CLIENTS_IMAGE
version=$(cat "$image/VERSION")
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null; chmod -R u+w "$work"; rm -rf "$work"' EXIT
failed=0
ok() { echo "ok $1"; }
fail() {
  echo "FAIL $1: $(printf '%s' "$2" | tr '\n' ' ')"
  failed=1
}
is() { # NAME EXPECTED FOUND
  if [ "$2" = "$3" ]; then ok "$1"; else fail "$1" "expected '$2', found '$3'"; fi
}
has() { # NAME PART TEXT
  case $3 in *"$2"*) ok "$1" ;; *) fail "$1" "no '$2' in '$3'" ;; esac
}
start() { # COMMAND...: starts a server, its output in $work/out and $work/err; sets $server and $url
  : > "$work/out"
  "$@" --port 0 > "$work/out" 2> "$work/err" &
  server=$!
  url=
  tries=0
  while [ -z "$url" ] && [ $tries -lt 300 ] && kill -0 "$server" 2>/dev/null; do
    sleep 0.1
    tries=$((tries + 1))
    url=$(sed -n 's/.*"event":"server_started","address":"\([^"]*\)".*/\1/p' "$work/out")
  done
}
stop() { # sends SIGTERM; sets $code
  kill -TERM "$server"
  wait "$server"
  code=$?
  server=
}
serves() { # NAME COMMAND...: starts, answers, says nothing but JSON, ends with 0
  what=$1
  shift
  start "$@"
  health=$(curl -fsS --max-time 10 "$url/health" 2>&1)
  stop
  case $health in
    *'"service"'*) ;;
    *) fail "$what" "health said '$health', stderr '$(cat "$work/err")'"; return ;;
  esac
  odd=$(grep -v '^{.*}$' "$work/out" | head -n 1)
  if [ $code -ne 0 ]; then fail "$what" "exit code $code after SIGTERM"
  elif [ -n "$odd" ]; then fail "$what" "standard output has '$odd'"
  elif [ -s "$work/err" ]; then fail "$what" "standard error has '$(head -n 3 "$work/err")'"
  else ok "$what"; fi
}

# --- What is in it.
missing=
for file in bin/java bin/llm-server conf/config.yml conf/models.yml conf/prompts.yml conf/security/java.security \
  LICENSE NOTICE VERSION lib/llm.aot lib/modules legal/java.base/LICENSE; do
  [ -f "$image/$file" ] || missing="$missing $file"
done
is "every file is there" "" "$missing"
wrong=$(find "$image" -type f ! -perm 0644 ! -perm 0755 | head -n 3)
is "files have mode 0644, programs 0755" "" "$wrong"
modules=$("$image/bin/java" --list-modules | sed 's/@.*//' | sort)
missing=
for module in llm.domain llm.core llm.providers llm.gpu llm.server org.slf4j.simple jdk.jfr; do
  echo "$modules" | grep -qx "$module" || missing="$missing $module"
done
is "every module is linked" "" "$missing"
undocumented=
for module in $(echo "$modules" | grep -v '^llm\.'); do
  [ -n "$(ls -A "$image/legal/$module" 2>/dev/null)" ] || undocumented="$undocumented $module"
done
is "every module of others has its licence" "" "$undocumented"
if "$image/bin/java" -XX:AOTMode=on -XX:AOTCache="$image/lib/llm.aot" -m llm.server --version > "$work/out" 2>&1; then
  ok "the AOT cache is usable"
else
  fail "the AOT cache is usable" "$(cat "$work/out")"
fi

# --- The command.
is "bin/llm-server --version" "llm.server $version" "$("$image/bin/llm-server" --version 2>&1)"
is "bin/java -m llm.server --version" "llm.server $version" "$("$image/bin/java" -m llm.server --version 2>&1)"
has "--help" "--check-config" "$("$image/bin/llm-server" --help 2>&1)"
is "--check-config" "The configuration is valid." "$("$image/bin/llm-server" --check-config 2>&1)"
"$image/bin/llm-server" --prot 1 > "$work/out" 2>&1
is "a wrong option: exit code 2" 2 $?
printf 'server:\n  prt: 1\n' > "$work/bad.yml"
has "a wrong key is named with file and line" "bad.yml:2" "$("$image/bin/llm-server" --check-config --config "$work/bad.yml" 2>&1)"
for module in llm.domain llm.core llm.providers llm.gpu; do
  said=$("$image/bin/java" -m "$module" 2>&1 | grep -v '^{.*}$' | head -n 3)
  is "bin/java -m $module says only JSON lines" "" "$said"
done

# --- Where and how it starts.
cd "$work" || exit 1
serves "starts and stops by bin/llm-server, from another folder" "$image/bin/llm-server"
serves "starts and stops by bin/java -m llm.server" "$image/bin/java" -m llm.server
ln -s "$image/bin/llm-server" "$work/link"
ln -s link "$work/second link"
serves "starts through links" "$work/second link"
mkdir "$work/a path with spaces"
cp -Rp "$image" "$work/a path with spaces/copy"
serves "starts from a path with spaces" "$work/a path with spaces/copy/bin/llm-server"
if "$work/a path with spaces/copy/bin/java" -XX:AOTMode=on \
  -XX:AOTCache="$work/a path with spaces/copy/lib/llm.aot" -m llm.server --version > "$work/out" 2>&1; then
  ok "a copy in another place can use its AOT cache"
else
  fail "a copy in another place can use its AOT cache" "$(cat "$work/out")"
fi
chmod -R a-w "$work/a path with spaces/copy"
serves "starts from a folder that cannot be written" "$work/a path with spaces/copy/bin/llm-server"
chmod -R u+w "$work/a path with spaces/copy"
printf 'server:\n  prt: 1\n' > "$work/a path with spaces/copy/conf/config.yml"
has "the configuration in conf/ is read" "conf/config.yml:2" \
  "$("$work/a path with spaces/copy/bin/llm-server" --check-config 2>&1)"
cp "$image/conf/config.yml" "$work/a path with spaces/copy/conf/config.yml"
rm "$work/a path with spaces/copy/lib/llm.aot"
serves "starts without its AOT cache" "$work/a path with spaces/copy/bin/llm-server"
rm -rf "$work/a path with spaces"
LLM_JAVA_OPTS="-Xmx200m -XX:+UseSerialGC" serves "takes LLM_JAVA_OPTS" "$image/bin/llm-server"
LLM_JAVA_OPTS="-XX:-UseCompactObjectHeaders" serves "starts with flags that the AOT cache was not made for" "$image/bin/llm-server"
start "$image/bin/llm-server"
running=$(ps -o args= -p "$server" 2>/dev/null)
has "the launcher became the JVM" "-m llm.server" "$running"
if getconf GNU_LIBC_VERSION > /dev/null 2>&1; then
  has "what malloc keeps free is given back" "TrimNativeHeapInterval=30000" \
    "$("$image/bin/jcmd" "$server" VM.flags 2>&1)"
fi

# --- How it ends; the server of above.
words=$(awk 'BEGIN { for (i = 0; i < 150; i++) printf "word " }')
curl -sSN --max-time 60 "$url/llm/stream" -H 'content-type: application/json' \
  -d "{\"model\": \"mock\", \"prompt\": \"$words\"}" > "$work/stream" 2>&1 &
client=$!
tries=0
while [ ! -s "$work/stream" ] && [ $tries -lt 100 ]; do sleep 0.05; tries=$((tries + 1)); done
stop
wait $client
is "SIGTERM drains a running stream, exit code 0" "0 1" "$code $(grep -c '"is_final":true,"finish_reason":"stop"' "$work/stream")"
has "says shutdown_finish" '"event":"shutdown_finish","cancelled_requests":0' "$(tail -n 1 "$work/out")"

start "$image/bin/llm-server"
rm -f "$work/stream" # or the last one's would be taken for this one's begin
words=$(awk 'BEGIN { for (i = 0; i < 5000; i++) printf "word " }')
curl -sSN --max-time 60 "$url/llm/stream" -H 'content-type: application/json' \
  -d "{\"model\": \"mock\", \"prompt\": \"$words\"}" > "$work/stream" 2>&1 &
client=$!
tries=0
while [ ! -s "$work/stream" ] && [ $tries -lt 100 ]; do sleep 0.05; tries=$((tries + 1)); done
kill -TERM "$server"
tries=0
while ! grep -q shutdown_start "$work/out" && [ $tries -lt 100 ]; do sleep 0.05; tries=$((tries + 1)); done
before=$(date +%s)
stop
wait $client 2>/dev/null
is "a second signal ends it at once, exit code 143" "143" "$code"
[ $(($(date +%s) - before)) -le 5 ] || fail "a second signal ends it at once" "it took more than 5 s"

# --- The native library.
if [ -n "$(ls "$image"/native/libllama* 2>/dev/null)" ]; then
  # Not a model: the library is found when the complaint is about the file, not about the library.
  printf 'not a model' > "$work/no.gguf"
  start "$image/bin/llm-server" --model "$work/no.gguf"
  health=$(curl -sS --max-time 10 "$url/health")
  stop
  case $health in
    *"library is not there"*) fail "the llama.cpp library is found" "$health" ;;
    *) ok "the llama.cpp library is found" ;;
  esac
  if [ -f "$image/models/builtin.gguf" ]; then
    start "$image/bin/llm-server"
    answer=$(curl -sSN --max-time 30 "$url/llm/stream" -H 'content-type: application/json' \
      -d '{"prompt": "Which port do you listen on?"}')
    health=$(curl -sS --max-time 10 "$url/health")
    stop
    has "a request without a model is answered by builtin" '"default_model":"builtin"' "$health"
    has "and its answer is streamed to the end" '"is_final":true,"finish_reason":"stop"' "$answer"
  else
    echo "skip model builtin: this image was made without models/builtin.gguf"
  fi
else
  echo "skip the llama.cpp library: this image was made without it"
fi
exit $failed
