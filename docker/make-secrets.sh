#!/bin/sh
# Makes what compose.yaml takes as secrets, in docker/secrets/, where it is missing: passwords, keys, an authority and a
# certificate for localhost and the NAMEs given. Usage: docker/make-secrets.sh [NAME…]
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p "${SECRETS_DIR:=secrets}"
cd "$SECRETS_DIR"

# In the containers other users read these files; on this host the folder's mode keeps them out.
put() { [ -e "$1" ] || { cat > "$1.new" && chmod 0444 "$1.new" && mv "$1.new" "$1"; }; }
random() { openssl rand -hex 32; }

for role in postgres api pipeline provider vault; do
    random | put "${role}_password"
done
# The network between the two containers is theirs alone (compose.yaml: internal), and the image has no certificate.
url() { printf 'postgresql://%s:%s@%s/winnow?sslmode=disable\n' "$1" "$(cat "$2")" "${DATABASE_HOST:-postgres}"; }
url postgres postgres_password | put owner_url
for role in api pipeline provider; do
    url "winnow_$role" "${role}_password" | put "${role}_url"
done
random | put encryption_key
openssl genpkey -algorithm ed25519 | put audit_signing_key
openssl pkey -in audit_signing_key -pubout | put audit-signing.pub
vault() { url "$1" "$2" | sed 's,/winnow?,/winnow_vault?,'; }
vault postgres postgres_password | put vault_owner_url
vault winnow_vault vault_password | put vault_url
random | put vault_root_key
random | put provider.key
printf 'WINNOW_PROVIDER_KEY_SHA256=%s\n' "$(tr -d '\n' < provider.key | sha256sum | cut -d' ' -f1)" | put provider.env

if [ ! -e server.pem ]; then
    names=DNS:localhost,IP:127.0.0.1
    for name in "$@"; do names=$names,DNS:$name; done
    new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
    # shellcheck disable=SC2086  # words
    openssl req -x509 $new -keyout ca-key.pem -out ca.pem -days 3650 -subj '/CN=Winnow authority' 2>/dev/null
    # shellcheck disable=SC2086
    openssl req $new -keyout server-key.made -out server.csr -subj "/CN=${1:-localhost}" 2>/dev/null
    printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$names" > server.ext
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 397 -extfile server.ext \
        -out server.made 2>/dev/null
    put server-key.pem < server-key.made
    put server.pem < server.made
    rm -f server.csr server.ext server-key.made server.made ca.srl
fi
chmod 0444 ca.pem 2>/dev/null || true
echo "secrets: $(pwd)"
echo "trust this authority: $(pwd)/ca.pem"
echo "the provider's key: $(pwd)/provider.key"
echo "give tenants, for their audit logs: $(pwd)/audit-signing.pub"
