#!/usr/bin/env bash
# Cheap rules that every tracked C++ file must keep; prints each breach.
#
# usage: tools/check_sources.sh [FILE...]   (default: all tracked C++ files)
set -euo pipefail
cd "$(dirname "$0")/.."

if (($# > 0)); then
  files=("$@")
else
  mapfile -t files < <(git ls-files '*.h' '*.cc')
fi
((${#files[@]} > 0)) || { echo "check_sources: no files to check" >&2; exit 1; }

failed=0
# forbid PATTERN WHY: no line may match the Perl pattern.
forbid() {
  if LC_ALL=C grep -nHP -- "$1" "${files[@]}"; then
    echo "check_sources: $2" >&2
    failed=1
  fi
}

forbid '[^\x00-\x7F]' 'sources are ASCII; translations live in po/'
forbid '\t' 'spaces, not tabs'
forbid '^\s*using\s+namespace\s+(?!std::(chrono_|string_(view_)?)literals\b)' \
  'no "using namespace"'
forbid '(?<![\w.])/(home|root|work|Users)/\w' 'no paths of one machine'
forbid '\b(TODO|FIXME|XXX|HACK)\b(?!\(issue-\d+\))' 'write TODO(issue-N)'
forbid '\bNOCOMMIT\b' 'a line that was not to be committed'
forbid '^(<{7}|={7}|>{7})( |$)' 'a merge conflict'

# The first line says what the file is for; headers are read once.
for file in "${files[@]}"; do
  if ! head -n 1 "$file" | grep -q '^// .'; then
    echo "$file:1: the first line must say what the file is for" >&2
    failed=1
  fi
  if [[ $file == *.h ]] && ! grep -q '^#pragma once$' "$file"; then
    echo "$file:1: a header needs #pragma once" >&2
    failed=1
  fi
  lines=$(wc -l < "$file")
  if ((lines > 800)); then
    echo "$file: $lines lines; split what is longer than 800" >&2
    failed=1
  fi
done
exit "$failed"
