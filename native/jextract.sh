#!/bin/sh
# native/jextract.sh [INCLUDE_DIR [GGML_INCLUDE_DIR]]: runs jextract over llama.h and leaves its classes
# in native/generated, to compare with the hand-written bindings in modules/llm.gpu (llm.gpu.ffi).
# INCLUDE_DIR holds llama.h (default: native/include, which tools/native --headers fetches); ggml.h is
# looked for in the second folder, else in INCLUDE_DIR.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
case "${1:-}" in
  -h | --help)
    sed -n '2,5s/^# //p' "$0"
    exit 0
    ;;
esac
include=${1:-$here/include}
[ -f "$include/llama.h" ] || { echo "jextract.sh: there is no llama.h in $include; run tools/native --headers." >&2; exit 2; }
command -v jextract >/dev/null 2>&1 || {
  echo "jextract.sh: jextract is not on PATH; get it from https://jdk.java.net/jextract/." >&2
  exit 3
}
rm -rf "$here/generated"
jextract --output "$here/generated" --target-package llm.gpu.generated --header-class-name LlamaH \
  --include-dir "$include" --include-dir "${2:-$include}" "$include/llama.h"
echo "jextract.sh: classes are in $here/generated; it is not part of the build." >&2
