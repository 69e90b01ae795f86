#!/usr/bin/env bash
# Makes the certificates of this folder anew, with OpenSSL 3. Tests read the PEM files and need no OpenSSL.
# The keys vouch for nothing but tests; the authority's own key is thrown away.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out "$1" 2>/dev/null; }

key "$work/authority.key"
key test-key.pem
touch "$work/index.txt"
cat >"$work/ca.conf" <<CONF
[ca]
default_ca = tests
[tests]
dir = $work
database = $work/index.txt
new_certs_dir = $work
rand_serial = yes
unique_subject = no
default_md = sha256
policy = names
[names]
commonName = supplied
CONF

# sign NAME COMMON-NAME FIRST-DAY LAST-DAY EXTENSIONS [OPTIONS OF openssl ca]: NAME.pem for the key of the tests.
sign() {
  local name=$1 common=$2 first=$3 last=$4 extensions=$5 key=test-key.pem
  shift 5
  [ "$name" = authority ] && key=$work/authority.key
  openssl req -new -key "$key" -subj "/CN=$common" -out "$work/$name.csr"
  printf '[extensions]\n%b\n' "$extensions" >"$work/$name.ext"
  openssl ca -batch -notext -config "$work/ca.conf" -extfile "$work/$name.ext" -extensions extensions \
    -startdate "${first}000000Z" -enddate "${last}000000Z" -in "$work/$name.csr" -out "$name.pem" "$@" 2>/dev/null
}
by_authority=(-cert authority.pem -keyfile "$work/authority.key")
server='basicConstraints = critical,CA:FALSE\nextendedKeyUsage = serverAuth\nsubjectAltName ='
here='DNS:localhost,IP:127.0.0.1'

sign authority 'imagedrop tests' 20200101 21260101 \
  'basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign,cRLSign' \
  -selfsign -keyfile "$work/authority.key"
sign localhost localhost 20200101 21260101 "$server $here" "${by_authority[@]}"
sign expired localhost 20200101 20210101 "$server $here" "${by_authority[@]}"
sign future localhost 21250101 21260101 "$server $here" "${by_authority[@]}"
sign other-host elsewhere.example 20200101 21260101 "$server DNS:elsewhere.example" "${by_authority[@]}"
sign client uploader 20200101 21260101 \
  'basicConstraints = critical,CA:FALSE\nextendedKeyUsage = clientAuth' "${by_authority[@]}"
