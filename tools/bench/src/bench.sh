# Sourced by the scripts in tools/bench/ and tools/soak: `bench CLASS OPTIONS` prints the script's comment for
# --help, else builds the server and the benchmarks when something changed and runs the class.
set -eu
bench_root=${bench_root:-$(cd "$(dirname "$0")/../.." && pwd)}
# The script as its messages name it: tools/bench/gateway, tools/soak.
bench_name=$(cd "$(dirname "$0")" && pwd)/${0##*/}
bench_name=${bench_name#"$bench_root/"}

bench_out="$bench_root/target/bench/classes"

bench_classes() {
  bench_stamp="$bench_root/target/bench/.built"
  if [ -f "$bench_stamp" ] && [ -z "$(find "$bench_root/tools/bench/src" -newer "$bench_stamp" -print 2>/dev/null | head -n 1)" ]; then
    return 0
  fi
  rm -rf "$bench_out"
  mkdir -p "$bench_out"
  touch "$bench_root/target/bench/.start"
  find "$bench_root/tools/bench/src" -name '*.java' > "$bench_root/target/bench/sources"
  "$JAVA_HOME/bin/javac" --release 25 -Xlint:all -Werror -Xdoclint:all,-missing \
    -d "$bench_out" @"$bench_root/target/bench/sources" || exit 4
  # What measures is checked before it measures.
  "$JAVA_HOME/bin/java" -Dbench.root="$bench_root" -cp "$bench_out" llm.bench.SelfCheck 2> "$bench_root/target/bench/self-check" \
    || { cat "$bench_root/target/bench/self-check" >&2; exit 4; }
  touch -r "$bench_root/target/bench/.start" "$bench_stamp"
}

# Benchmarks of the core itself: compiled against the modules, and run in one process with them.
bench_core_classes() {
  bench_modules="$bench_root/modules/llm.server/target/modules"
  bench_core_out="$bench_root/target/bench/core"
  bench_core_opens="--add-modules llm.core --add-exports llm.core/llm.core.store.memory=ALL-UNNAMED --add-exports llm.core/llm.core.store.journal=ALL-UNNAMED"
  rm -rf "$bench_core_out"
  mkdir -p "$bench_core_out"
  # shellcheck disable=SC2086  # the options are words
  "$JAVA_HOME/bin/javac" --release 25 -Xlint:all,-requires-automatic -Werror -Xdoclint:all,-missing -p "$bench_modules" \
    $bench_core_opens -cp "$bench_out" -d "$bench_core_out" "$bench_root"/tools/bench/core/llm/bench/*.java || exit 4
  bench_jvm="${bench_jvm:-} -p $bench_modules $bench_core_opens"
  bench_path=":$bench_core_out"
}

# Builds the image when there is none that is newer than the modules.
bench_image() {
  # By the time it was put there: the image's files carry the time of the commit.
  if [ -n "$(find "$bench_root"/target/*/bin/llm-server -newercm "$bench_root/modules/llm.server/target/modules/.built" 2>/dev/null)" ]; then
    return 0
  fi
  [ -x "$bench_root/tools/image" ] || { echo "$bench_name: no image, and no tools/image to build one; --server names another." >&2; exit 3; }
  echo "$bench_name: building the image" >&2
  "$bench_root/tools/image" >&2
}

bench() {
  bench_class=$1
  shift
  for bench_option in "$@"; do
    case "$bench_option" in
      -h | --help)
        sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
        exit 0
        ;;
    esac
  done
  [ -r /proc/self/stat ] || { echo "$bench_name: needs Linux: it reads /proc." >&2; exit 3; }
  . "$bench_root/tools/jdk"
  bench_classes
  "$bench_root/tools/build"
  [ "${bench_needs_image:-no}" = no ] || bench_image
  [ "${bench_needs_headers:-no}" = no ] || "$bench_root/tools/native" --headers >&2
  [ "${bench_core:-no}" = no ] || bench_core_classes
  exec "$JAVA_HOME/bin/java" -Xms128m -Xmx1g -XX:+UseSerialGC ${bench_jvm:-} -Dbench.root="$bench_root" \
    -cp "$bench_root/target/bench/classes${bench_path:-}" "$bench_class" "$@"
}
